import { generateKeyPairSync } from 'node:crypto';
import { createTestAuthority } from '@causeway/testing';
import { describe, expect, it } from 'vitest';
import {
  enginesSection,
  eventLogCredentials,
  eventLogSection,
  httpSection,
  oidcSection,
  processSection,
  profilesSection,
  readConfig,
  renderReference,
  renderSample,
  serviceIdentitySection,
} from '../index.js';

const sections = [
  processSection,
  httpSection,
  enginesSection,
  eventLogSection,
  serviceIdentitySection,
  oidcSection,
  profilesSection,
];

function serviceKey(kid: string) {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const publicJwk = { kty: jwk.kty, crv: jwk.crv, x: jwk.x, kid };
  return { privateText: JSON.stringify({ ...publicJwk, d: jwk.d }), publicJwk };
}

const key = serviceKey('accounts.1');
const env = {
  NODE_ENV: 'test',
  CAUSEWAY_HTTP_PORT: '8080',
  CAUSEWAY_TRUSTED_PROXIES: '10.0.0.0/8,::1',
  CAUSEWAY_DATABASE_URL: 'postgres://a:b@localhost/c',
  CAUSEWAY_SERVICE_PRIVATE_KEY: key.privateText,
  CAUSEWAY_SERVICE_KEYS: JSON.stringify({ keys: [key.publicJwk] }),
  CAUSEWAY_OIDC_ISSUER: 'https://id.example.org',
  CAUSEWAY_OIDC_AUDIENCE: 'causeway',
  CAUSEWAY_OIDC_JWKS_URL: 'https://id.example.org/jwks',
};

describe('shared sections', () => {
  it('read a complete environment', () => {
    const values = readConfig(sections, env);
    expect(values).toMatchObject({
      NODE_ENV: 'test',
      HTTP_HOST: '127.0.0.1',
      TRUSTED_PROXIES: ['10.0.0.0/8', '::1'],
      EVENTS_PARTITIONS: 128,
      COORDINATION_URL: 'memory:causeway',
      PROFILES: ['simulator'],
      SERVICE_PRIVATE_KEY: { kid: 'accounts.1' },
    });
  });

  it.each([
    ['CAUSEWAY_TRUSTED_PROXIES', '10.0.0.0/33'],
    ['CAUSEWAY_TRUSTED_PROXIES', '*'],
    ['CAUSEWAY_TRUSTED_PROXIES', 'example.org'],
    ['CAUSEWAY_EVENTS_URL', 'kafka://no-port'],
    ['CAUSEWAY_EVENTS_URL', 'http://kafka:1'],
    ['CAUSEWAY_COORDINATION_URL', 'memory:'],
    ['CAUSEWAY_SERVICE_KEYS', JSON.stringify({ keys: [JSON.parse(key.privateText)] })],
    ['CAUSEWAY_SERVICE_KEYS', JSON.stringify({ keys: [serviceKey('accounts.1').publicJwk] })],
    ['CAUSEWAY_SERVICE_PRIVATE_KEY', JSON.stringify(key.publicJwk)],
    ['CAUSEWAY_LOG_LEVEL', 'loud'],
    ['CAUSEWAY_PROFILES', '../etc'],
    ['NODE_ENV', 'staging'],
  ])('refuse %s=%s', (variable, value) => {
    expect(() => readConfig(sections, { ...env, [variable]: value })).toThrow(
      expect.objectContaining({ code: 'config_invalid' }),
    );
  });

  it('accept each kind of engine address', () => {
    for (const EVENTS of ['kafka://a:9092,b-1.c:9092', 'kafka+ssl://a:9093', 'postgres:', 'postgres://x/y']) {
      expect(readConfig([eventLogSection], { ...env, CAUSEWAY_EVENTS_URL: EVENTS }).EVENTS_URL).toBe(EVENTS);
    }
  });

  describe('of the event log', () => {
    const authority = createTestAuthority();
    const { certificate, key } = authority.issue('keys');
    const secure = {
      CAUSEWAY_EVENTS_URL: 'kafka+ssl://a:9093',
      CAUSEWAY_EVENTS_CA: authority.ca,
      CAUSEWAY_EVENTS_CERTIFICATE: certificate,
      CAUSEWAY_EVENTS_CERTIFICATE_KEY: key,
      CAUSEWAY_EVENTS_USERNAME: 'keys',
      CAUSEWAY_EVENTS_PASSWORD: 'secret',
    };
    const read = (change: Record<string, string>) => readConfig([eventLogSection], { ...secure, ...change });

    it('give credentials, or none', () => {
      expect(eventLogCredentials(read({}))).toEqual({
        ca: authority.ca,
        certificate,
        key,
        sasl: { mechanism: 'scram-sha-512', username: 'keys', password: 'secret' },
      });
      expect(eventLogCredentials(readConfig([eventLogSection], {}))).toEqual({});
    });

    it.each([
      [{ CAUSEWAY_EVENTS_URL: 'kafka://a:9092' }, 'need a CAUSEWAY_EVENTS_URL with kafka+ssl'],
      [{ CAUSEWAY_EVENTS_CERTIFICATE_KEY: '' }, 'belong together'],
      [{ CAUSEWAY_EVENTS_PASSWORD: '' }, 'go together'],
      [{ CAUSEWAY_EVENTS_CA: 'secret' }, 'CAUSEWAY_EVENTS_CA: must hold certificates in PEM'],
      [{ CAUSEWAY_EVENTS_SASL_MECHANISM: 'gssapi' }, 'must be scram-sha-512'],
    ])('refuse %o', (change, problem) => {
      expect(() => read(change as Record<string, string>)).toThrow(problem);
    });

    it('refuse a user without Kafka, and a password in clear text', () => {
      const user = { CAUSEWAY_EVENTS_USERNAME: 'keys', CAUSEWAY_EVENTS_PASSWORD: 'secret' };
      expect(() => readConfig([eventLogSection], user)).toThrow('of Kafka');
      const clear = { ...user, CAUSEWAY_EVENTS_URL: 'kafka://a:9092' };
      expect(readConfig([eventLogSection], clear).EVENTS_USERNAME).toBe('keys');
      const plain = { ...clear, CAUSEWAY_EVENTS_SASL_MECHANISM: 'plain' };
      expect(() => readConfig([eventLogSection], plain)).toThrow('in clear text');
    });
  });

  it('do not allow development parts in production, which is the default', () => {
    const development = { CAUSEWAY_DEVELOPMENT: 'true' };
    expect(() => readConfig([processSection], development)).toThrow('needs NODE_ENV');
    expect(readConfig([processSection], { ...development, NODE_ENV: 'development' }).DEVELOPMENT).toBe(true);
  });

  it('do not allow failpoints but where development parts are', () => {
    const failpoints = { CAUSEWAY_FAILPOINTS_FILE: '/tmp/armed' };
    const development = { ...failpoints, CAUSEWAY_DEVELOPMENT: 'true' };
    expect(() => readConfig([processSection], failpoints)).toThrow('needs CAUSEWAY_DEVELOPMENT');
    expect(() => readConfig([processSection], development)).toThrow('needs NODE_ENV');
    const values = readConfig([processSection], { ...development, NODE_ENV: 'test' });
    expect(values.FAILPOINTS_FILE).toBe('/tmp/armed');
  });
});

describe('renderers', () => {
  it('list every variable in the reference, with default and file', () => {
    const page = renderReference(sections);
    expect(page).toContain('## Engines');
    expect(page).toContain('| `CAUSEWAY_DATABASE_URL` | required | yes, or `CAUSEWAY_DATABASE_URL_FILE` |');
    expect(page).toContain('| `CAUSEWAY_EVENTS_PARTITIONS` | `128` |  |');
    expect(page).toContain('| `NODE_ENV` | `production` |');
  });

  it('give a sample whose required lines are set and whose defaults are commented out', () => {
    const sample = renderSample(sections);
    expect(sample).toContain('\nCAUSEWAY_HTTP_PORT=8080\n');
    expect(sample).toContain('\n#CAUSEWAY_LOG_LEVEL=info\n');
    expect(sample).toContain(`CAUSEWAY_SERVICE_PRIVATE_KEY='{"kty"`);
    const lines = sample.split('\n').filter((line) => /^#?[A-Z_]+=/.test(line));
    expect(lines).toHaveLength(sections.flatMap(({ fields }) => Object.keys(fields)).length);
  });
});

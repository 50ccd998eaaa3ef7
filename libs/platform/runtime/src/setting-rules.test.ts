import { generateKeyPairSync } from 'node:crypto';
import { defineConfig, readConfig, url, type Environment } from '@causeway/config';
import { createTestAuthority } from '@causeway/testing';
import { describe, expect, it } from 'vitest';
import { sharedSections } from './sections.js';
import { ruleChecks, settingRules } from './setting-rules.js';

const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
const key = { kty: 'OKP', crv: 'Ed25519', x: jwk.x, kid: 'keys' };
const authority = createTestAuthority();
const { certificate, key: privateKey } = authority.issue('keys');

/** A deployment as it should be. */
const production: Environment = {
  NODE_ENV: 'production',
  CAUSEWAY_HTTP_HOST: '0.0.0.0',
  CAUSEWAY_HTTP_PORT: '8080',
  CAUSEWAY_TLS_CERTIFICATE: certificate,
  CAUSEWAY_TLS_PRIVATE_KEY: privateKey,
  CAUSEWAY_DATABASE_URL: 'postgres://keys:secret@db.example/causeway?sslmode=verify-full',
  CAUSEWAY_EVENTS_URL: 'kafka+ssl://kafka.example:9093',
  CAUSEWAY_COORDINATION_URL: 'rediss://keys:secret@redis.example',
  CAUSEWAY_SERVICE_PRIVATE_KEY: JSON.stringify({ ...key, d: jwk.d }),
  CAUSEWAY_SERVICE_KEYS: JSON.stringify({ keys: [key] }),
  CAUSEWAY_OIDC_ISSUER: 'https://id.example',
  CAUSEWAY_OIDC_AUDIENCE: 'causeway',
  CAUSEWAY_OIDC_JWKS_URL: 'https://id.example/jwks',
};
const without = { CAUSEWAY_TLS_CERTIFICATE: '', CAUSEWAY_TLS_PRIVATE_KEY: '' };
const development = { NODE_ENV: 'development', CAUSEWAY_DEVELOPMENT: 'true' };
/** As accounts and session have them. */
const neighbours = defineConfig('Neighbours', {
  ACCOUNTS_URL: { schema: url('https', 'http').optional(), doc: 'Accounts.' },
  KEYS_URL: { schema: url('https', 'http').optional(), doc: 'Keys.' },
});
const read = (more: Environment) =>
  readConfig([...sharedSections, neighbours], { ...production, ...more }, { checks: ruleChecks });

/** What breaks each rule, and what to change of it so that the rest is right. */
const cases: readonly (readonly [string, Environment, Environment])[] = [
  [
    'names a broker',
    { ...development, CAUSEWAY_COORDINATION_URL: 'memory:x' },
    { CAUSEWAY_EVENTS_URL: 'postgres:' },
  ],
  [
    'CAUSEWAY_PROXY_PROTOCOL=true has no effect',
    { CAUSEWAY_PROXY_PROTOCOL: 'true' },
    { CAUSEWAY_TRUSTED_PROXIES: '10.0.0.0/8' },
  ],
  [
    'each service is one of its own',
    { CAUSEWAY_COORDINATION_URL: 'memory:x', CAUSEWAY_EVENTS_URL: 'postgres:' },
    { NODE_ENV: 'test' },
  ],
  ['reached from other machines in clear text', without, { CAUSEWAY_HTTP_HOST: '127.0.0.1' }],
  ['reached from other machines in clear text', without, { CAUSEWAY_CLEAR_TEXT: 'true' }],
  [
    'COORDINATION_URL sends presence',
    { CAUSEWAY_COORDINATION_URL: 'redis://redis.example' },
    { CAUSEWAY_COORDINATION_URL: 'redis://keys:secret@localhost' },
  ],
  [
    'DATABASE_URL sends its statements',
    { CAUSEWAY_DATABASE_URL: 'postgres://db.example/causeway?sslmode=prefer' },
    { CAUSEWAY_CLEAR_TEXT: 'true' },
  ],
  [
    'EVENTS_URL sends events',
    { CAUSEWAY_EVENTS_URL: 'kafka://127.0.0.1:9092,kafka.example:9092' },
    { CAUSEWAY_EVENTS_URL: 'kafka://127.0.0.1:9092,localhost:9092' },
  ],
  [
    'CAUSEWAY_DATABASE_CA is not used',
    { CAUSEWAY_DATABASE_CA: authority.ca, CAUSEWAY_DATABASE_URL: 'postgres://localhost/causeway' },
    { CAUSEWAY_DATABASE_URL: 'postgres://localhost/causeway?sslmode=verify-full' },
  ],
  [
    'CAUSEWAY_COORDINATION_CA is not used',
    { CAUSEWAY_COORDINATION_CA: authority.ca, CAUSEWAY_COORDINATION_URL: 'redis://localhost' },
    { CAUSEWAY_COORDINATION_URL: 'rediss://localhost' },
  ],
  [
    'CAUSEWAY_COORDINATION_CERTIFICATE is not shown',
    {
      CAUSEWAY_COORDINATION_CERTIFICATE: certificate,
      CAUSEWAY_COORDINATION_CERTIFICATE_KEY: privateKey,
      CAUSEWAY_COORDINATION_URL: 'redis://localhost',
    },
    { CAUSEWAY_COORDINATION_URL: 'rediss://localhost' },
  ],
  [
    'CAUSEWAY_OIDC_CA is not used',
    { ...development, CAUSEWAY_OIDC_CA: authority.ca, CAUSEWAY_OIDC_JWKS_URL: 'http://localhost/jwks' },
    { CAUSEWAY_OIDC_JWKS_URL: 'https://localhost/jwks' },
  ],
  [
    'sends our token in clear text',
    { CAUSEWAY_ACCOUNTS_URL: 'http://accounts.example' },
    { CAUSEWAY_ACCOUNTS_URL: 'http://localhost:1' },
  ],
  [
    'no certificate is shown',
    {
      CAUSEWAY_MUTUAL_TLS: 'true',
      CAUSEWAY_TLS_CA: authority.ca,
      CAUSEWAY_CLEAR_TEXT: 'true',
      CAUSEWAY_KEYS_URL: 'http://keys.example',
    },
    { CAUSEWAY_KEYS_URL: 'https://keys.example' },
  ],
  ['OIDC_JWKS_URL must be https', { CAUSEWAY_OIDC_JWKS_URL: 'http://id.example/jwks' }, development],
];

describe('settings that are wrong together', () => {
  it('are none in a deployment as it should be', () => {
    expect(read({})).toMatchObject({ NODE_ENV: 'production' });
  });

  it.each(cases)('%s', (sentence, wrong, right) => {
    expect(() => read(wrong)).toThrow(new RegExp(`^configuration: [^\\n]*${sentence}[^\\n]*$`));
    expect(() => read(wrong)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    );
    expect(() => read({ ...wrong, ...right })).not.toThrow();
  });

  it('have a case for each rule', () => {
    const covered = settingRules.filter(({ help }) => cases.some(([sentence]) => help.includes(sentence)));
    expect(covered).toEqual(settingRules);
  });
});

describe('certificates', () => {
  it.each([
    ['belong together', { CAUSEWAY_TLS_PRIVATE_KEY: '' }],
    ['is not the key of the first certificate', { CAUSEWAY_TLS_PRIVATE_KEY: authority.issue('x').key }],
    ['needs CAUSEWAY_TLS_CA', { CAUSEWAY_MUTUAL_TLS: 'true' }],
    ['needs CAUSEWAY_TLS_CERTIFICATE', { ...without, CAUSEWAY_MUTUAL_TLS: 'true' }],
    ['must hold certificates in PEM', { CAUSEWAY_TLS_CERTIFICATE: 'x' }],
    ['must hold certificates in PEM', { CAUSEWAY_TLS_CA: `${authority.ca}${authority.ca.slice(0, 100)}` }],
    [
      'CAUSEWAY_COORDINATION_CERTIFICATE_KEY belong together',
      { CAUSEWAY_COORDINATION_CERTIFICATE: certificate },
    ],
    [
      'is not the key of the first',
      { CAUSEWAY_EVENTS_CERTIFICATE: certificate, CAUSEWAY_EVENTS_CERTIFICATE_KEY: authority.issue('x').key },
    ],
    ['CAUSEWAY_TLS_PRIVATE_KEY: is malformed', { CAUSEWAY_TLS_PRIVATE_KEY: 'x' }],
  ])('%s', (sentence, wrong) => {
    expect(() => read(wrong)).toThrow(sentence);
  });

  it('are enough with their authority', () => {
    const mutual = { CAUSEWAY_MUTUAL_TLS: 'true', CAUSEWAY_TLS_CA: authority.ca };
    expect(read(mutual).MUTUAL_TLS).toBe(true);
  });
});

import { readConfig } from '@causeway/config';
import { createTestAuthority } from '@causeway/testing/engines';
import { describe, expect, it } from 'vitest';
import { remoteSignerSection, tokenSigningSection } from './signing.settings.js';

const { certificate, key } = createTestAuthority().issue('accounts');
const bearer = 'a-bearer-of-16-characters-or-more';

describe('the settings of the remote signer', () => {
  const read = (env: Record<string, string>) => () =>
    readConfig(
      [remoteSignerSection],
      Object.fromEntries(
        Object.entries(env).map(([name, value]) => [`CAUSEWAY_TOKEN_SIGNER_${name}`, value]),
      ),
    );

  it.each([
    ['nothing', {}],
    ['a bearer token', { URL: 'https://signer.example/sign', BEARER: bearer }],
    ['a certificate', { URL: 'https://signer.example', CERTIFICATE: certificate, PRIVATE_KEY: key }],
    ['a process on this machine', { URL: 'http://127.0.0.1:9000/sign', BEARER: bearer }],
  ])('may be %s', (_what, env) => {
    expect(read(env)).not.toThrow();
  });

  it.each([
    ['nobody knows us', { URL: 'https://signer.example' }, 'needs CAUSEWAY_TOKEN_SIGNER_BEARER or'],
    ['clear text', { URL: 'http://signer.example', BEARER: bearer }, 'must be https:// beyond this machine'],
    [
      'clear text to a host that only looks like this machine',
      { URL: 'http://127.0.0.1.example', BEARER: bearer },
      'must be https:// beyond this machine',
    ],
    ['credentials for nobody', { BEARER: bearer }, 'not used without CAUSEWAY_TOKEN_SIGNER_URL'],
    ['a certificate without its key', { URL: 'https://a', CERTIFICATE: certificate }, 'belong together'],
    ['a short bearer token', { URL: 'https://a', BEARER: 'short' }, 'is malformed (a secret, not shown)'],
  ])('are refused: %s', (_what, env, message) => {
    expect(read(env)).toThrow(message);
  });
});

describe('the setting of the key ring', () => {
  it.each([
    '',
    '[]',
    '{"version":2,"keys":[],"revoked":[]}',
    '{"version":1,"keys":[{"kid":"PLANTED"}],"revoked":[]}',
  ])('is refused without being quoted: %j', (text) => {
    const read = () => readConfig([tokenSigningSection], { CAUSEWAY_TOKEN_KEY_RING: text });
    expect(read).toThrow(/CAUSEWAY_TOKEN_KEY_RING/);
    expect(read).toThrow(/^(?!.*PLANTED)/s);
  });
});

import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../upstream-error.js';
import { prepared } from './prepare.js';
import { maxIterations, minIterations, ScramClient } from './scram.js';

/** The examples of RFC 5802 (section 5) and RFC 7677 (section 3). */
const examples = [
  {
    mechanism: 'SCRAM-SHA-1',
    nonce: 'fyko+d2lbbFgONRv9qkxdawL',
    challenge: 'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
    final: 'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
    success: 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
  },
  {
    mechanism: 'SCRAM-SHA-256',
    nonce: 'rOprNGfwEbeRWgbNEkqO',
    challenge: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    final:
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    success: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  },
] as const;

const codeOf = (work: () => unknown): Promise<string> =>
  Promise.resolve()
    .then(work)
    .then(
      () => 'accepted',
      (error: unknown) => (error instanceof UpstreamError ? error.code : String(error)),
    );

describe.each(examples)('$mechanism', ({ mechanism, nonce, challenge, final, success }) => {
  it('agrees with the example of its RFC, and demands the proof of the server', async () => {
    const client = new ScramClient(mechanism, nonce);
    expect(client.first('user')).toBe(`n,,n=user,r=${nonce}`);
    expect(await client.final(challenge, 'pencil')).toBe(final);
    client.verify(success);
    for (const false_ of ['', 'v=', 'e=other-error', `${success}x`, success.replace(/.{4}$/, 'AAA=')]) {
      expect(await codeOf(() => client.verify(false_))).toBe('server_not_authentic');
    }
  });

  it.each([
    ['of another login', challenge.replace(nonce, 'X'.repeat(nonce.length))],
    ['that adds nothing to the nonce', challenge.replace(/r=[^,]+/, `r=${nonce}`)],
    ['that asks for too little work', challenge.replace('4096', String(minIterations - 1))],
    ['that asks for too much work', challenge.replace('4096', String(maxIterations + 1))],
    ['that asks for endless work', challenge.replace('4096', '9'.repeat(40))],
    ['with an extension that must be understood', `m=x,${challenge}`],
    ['without a salt', challenge.replace(/s=[^,]+/, 's=')],
    ['that is empty', ''],
    ['that is far too long', `${challenge},x=${'y'.repeat(2_000)}`],
  ])('refuses a challenge %s', async (_name, challenged) => {
    const client = new ScramClient(mechanism, nonce);
    client.first('user');
    expect(await codeOf(() => client.final(challenged, 'pencil'))).toBe('handshake_failed');
  });

  it('refuses a second challenge, and a success without any', async () => {
    const client = new ScramClient(mechanism, nonce);
    client.first('user');
    expect(await codeOf(() => client.verify(success))).toBe('server_not_authentic');
    await client.final(challenge, 'pencil');
    expect(await codeOf(() => client.final(challenge, 'pencil'))).toBe('handshake_failed');
  });
});

it('logs in with whatever name and secret a server has taken, and with no other', async () => {
  const word = fc.string({
    minLength: 1,
    maxLength: 20,
    unit: fc.constantFrom('a', '=', ',', 'é', '日', ' ', '"'),
  });
  await fc.assert(
    fc.asyncProperty(word, word, fc.constantFrom(...examples), async (name, secret, { mechanism }) => {
      const client = new ScramClient(mechanism);
      const digest = mechanism === 'SCRAM-SHA-1' ? 'sha1' : 'sha256';
      const hmac = (key: Uint8Array, text: string) => createHmac(digest, key).update(text).digest();
      const bare = client.first(name).slice(3);
      const nonce = bare.slice(bare.indexOf(',r=') + 3);
      const challenge = `r=${nonce}server,s=${Buffer.from('salt').toString('base64')},i=${minIterations}`;
      const final = await client.final(challenge, secret);
      const salted = pbkdf2Sync(
        secret.normalize('NFKC'),
        'salt',
        minIterations,
        digest === 'sha1' ? 20 : 32,
        digest,
      );
      const message = `${bare},${challenge},${final.slice(0, final.indexOf(',p='))}`;
      const proof = Buffer.from(final.slice(final.indexOf(',p=') + 3), 'base64');
      const stored = createHash(digest).update(hmac(salted, 'Client Key')).digest();
      const signature = hmac(stored, message);
      const key = Buffer.from(proof.map((byte, at) => byte ^ (signature[at] ?? 0)));
      expect(createHash(digest).update(key).digest()).toEqual(stored);
      client.verify(`v=${hmac(hmac(salted, 'Server Key'), message).toString('base64')}`);
    }),
    { numRuns: 25 },
  );
});

describe('a name or secret', () => {
  it('is written in the one form that both sides mean', () => {
    expect(prepared('I\u00adX')).toBe('IX');
    expect(prepared('a\u00a0b')).toBe('a b');
    expect(prepared('\u2168')).toBe('IX');
    expect(prepared('=,')).toBe('=,');
    expect(new ScramClient('SCRAM-SHA-256', 'n').first('=,')).toBe('n,,n==3D=2C,r=n');
  });

  it.each(['', '\u00ad', 'a\u0000', '\u0007', '\ud800', '\ue000'])('%j is none', async (text) => {
    expect(await codeOf(() => prepared(text))).toBe('login_bad_payload');
  });
});

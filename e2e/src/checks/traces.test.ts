import { expect, it } from 'vitest';
import { secretsIn, signedToken } from './traces.js';

const secrets = { text: 'quiet little harbour', number: '4915550001234' };

it.each([
  ['as it is', (text: string) => text],
  ['in base64', (text: string) => Buffer.from(text).toString('base64')],
  ['as bytes', (text: string) => Buffer.from(text).toString('hex')],
  ['in base64 as bytes', (text: string) => Buffer.from(Buffer.from(text).toString('base64')).toString('hex')],
])('finds a secret %s, wherever it begins', (_how, encode) => {
  for (const before of ['', 'a', 'ab', 'abc']) {
    expect(secretsIn(encode(`${before}quiet little harbour!`), secrets)).toEqual(['text']);
    expect(secretsIn(encode(`${before}4915550001234@s.whatsapp.net`), secrets)).toEqual(['number']);
  }
  expect(secretsIn(encode('quiet little village 491555000'), secrets)).toEqual([]);
});

it('knows a signed token', () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iss: 'https://id.example' })}.c2ln`;
  expect(signedToken.test(`authorization: Bearer ${token}`)).toBe(true);
  expect(signedToken.test(JSON.stringify({ eyJ: 'eyJ' }))).toBe(false);
});

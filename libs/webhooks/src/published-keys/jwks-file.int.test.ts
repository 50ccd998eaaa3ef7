import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureLogs, FakeClock } from '@causeway/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JwksFile, JwksFileError } from './jwks-file.js';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const publicKey = (kid: string) => ({ ...pair.publicKey.export({ format: 'jwk' }), kid, alg: 'RS256' });
const privateKey = { ...pair.privateKey.export({ format: 'jwk' }), kid: 'a' };

let folder: string;
let path: string;
let clock: FakeClock;
let logs: ReturnType<typeof captureLogs>;
let file: JwksFile;
let written = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'causeway-jwks-'));
  path = join(folder, 'jwks.json');
  clock = new FakeClock();
  logs = captureLogs();
  file = new JwksFile(path, clock, logs.logger);
});
afterEach(() => rm(folder, { recursive: true }));

async function write(content: unknown): Promise<void> {
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  // A change within the file system's resolution of time would go unseen.
  written += 1;
  await utimes(path, written, written);
  await clock.advance(1_000);
}
const kids = async () =>
  (JSON.parse((await file.read()).body) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);

describe('JwksFile', () => {
  it('serves the keys of the file, and changed ones a second later', async () => {
    await write({ keys: [publicKey('a')] });
    const { etag } = await file.read();
    expect(await kids()).toEqual(['a']);
    await write({ keys: [publicKey('a'), publicKey('b')] });
    expect(await kids()).toEqual(['a', 'b']);
    expect((await file.read()).etag).not.toBe(etag);
  });

  it('answers all who ask while the file is read for the first time', async () => {
    await write({ keys: [publicKey('a')] });
    const answers = await Promise.all(Array.from({ length: 10 }, () => file.read()));
    expect(new Set(answers.map(({ etag }) => etag)).size).toBe(1);
  });

  it.each<[string, unknown]>([
    ['a private key', { keys: [privateKey] }],
    ['a private key among public ones', { keys: [publicKey('b'), privateKey] }],
    ['half a private key', { keys: [{ ...publicKey('b'), dp: 'AQAB' }] }],
    ['a shared secret', { keys: [{ kty: 'oct', kid: 'b', k: 'AQAB' }] }],
    ['no keys', { keys: [] }],
    ['a key without an id', { keys: [{ ...publicKey('b'), kid: undefined }] }],
    ['no JSON', '{'],
    ['too much', { keys: [publicKey('b')], filler: 'x'.repeat(70_000) }],
  ])(
    'keeps the last good set when the file holds %s, and says so without quoting it',
    async (_what, content) => {
      await write(content);
      await expect(file.read()).rejects.toThrow(JwksFileError);
      await write({ keys: [publicKey('a')] });
      expect(await kids()).toEqual(['a']);
      await write(content);
      expect(await kids()).toEqual(['a']);
      expect(logs.lines.some(({ level }) => level === 'error')).toBe(true);
      expect(logs.text()).not.toContain(String(privateKey.d));
    },
  );

  it('keeps the last good set when the file goes away', async () => {
    await expect(file.read()).rejects.toThrow(JwksFileError);
    await write({ keys: [publicKey('a')] });
    await file.read();
    await rm(path);
    await clock.advance(1_000);
    expect(await kids()).toEqual(['a']);
  });
});

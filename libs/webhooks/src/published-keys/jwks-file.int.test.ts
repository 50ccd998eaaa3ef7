import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMetrics, type Metrics } from '@causeway/telemetry';
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
let metrics: Metrics;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'causeway-jwks-'));
  path = join(folder, 'jwks.json');
  clock = new FakeClock();
  logs = captureLogs();
  metrics = createMetrics('webhooks');
  file = new JwksFile(path, clock, logs.logger, metrics);
});
afterEach(() => rm(folder, { recursive: true }));

/** Replaces the file whole, as whoever rotates keys does. */
async function write(content: unknown): Promise<void> {
  await writeFile(`${path}.new`, typeof content === 'string' ? content : JSON.stringify(content));
  await rename(`${path}.new`, path);
  await clock.advance(1_000);
}
const refused = async () => /^causeway_webhooks_jwks_refused\b.* (\d)$/m.exec(await metrics.render())?.[1];
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
    ['two keys of one id', { keys: [publicKey('b'), publicKey('b')] }],
    ['more keys than are allowed', { keys: Array.from({ length: 33 }, (_, i) => publicKey(`k${i}`)) }],
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
      expect(await refused()).toBe('1');
      await write({ keys: [publicKey('c')] });
      expect(await kids()).toEqual(['c']);
      expect(await refused()).toBe('0');
      expect(logs.text()).not.toContain(String(privateKey.d));
    },
  );

  it('says once that a file cannot be used, however often it is asked for', async () => {
    await write('{');
    for (let i = 0; i < 5; i += 1) {
      await expect(file.read()).rejects.toThrow(JwksFileError);
      await clock.advance(1_000);
    }
    expect(logs.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  it('names the algorithms of its keys', async () => {
    await write({ keys: [publicKey('a'), { ...publicKey('b'), alg: 'ES256' }, publicKey('c')] });
    expect((await file.read()).algorithms).toEqual(['RS256', 'ES256']);
  });

  it('keeps the last good set when the file goes away, and takes it up again when it is back', async () => {
    await expect(file.read()).rejects.toThrow(JwksFileError);
    await write({ keys: [publicKey('a')] });
    await file.read();
    await rm(path);
    await clock.advance(1_000);
    expect(await kids()).toEqual(['a']);
    expect(await refused()).toBe('1');
    await write({ keys: [publicKey('b')] });
    expect(await kids()).toEqual(['b']);
    expect(await refused()).toBe('0');
  });
});

import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runInProcess } from '../fixtures/in-process.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'causeway-keys-'));
});
afterEach(() => rm(folder, { recursive: true }));

const ringFile = () => join(folder, 'ring.json');
const keySetFile = () => join(folder, 'jwks.json');
const env = (more: Record<string, string> = {}) => ({
  CAUSEWAY_TOKEN_KEY_RING_FILE: ringFile(),
  CAUSEWAY_JWKS_FILE: keySetFile(),
  ...more,
});
const keys = (args: readonly string[], environment: Record<string, string> = env()) =>
  runInProcess(['--data-root', join(folder, 'none'), 'keys', ...args], environment);

interface Report {
  readonly keys: readonly { readonly kid: string; readonly state: string; readonly signsFrom: string }[];
}
const json = async (args: readonly string[], environment?: Record<string, string>) => {
  const { code, stdout } = await keys([...args, '--json'], environment);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^\{"ok":true,[^\n]*\}\n$/)]);
  return JSON.parse(stdout) as Report;
};
const statesOf = ({ keys }: Report) => keys.map(({ state }) => state);
/** As if the ring had been written so much earlier. */
async function age(ms: number): Promise<void> {
  const ring = JSON.parse(await readFile(ringFile(), 'utf8')) as { keys: Record<string, number>[] };
  for (const key of ring.keys) {
    for (const time of ['createdAt', 'publishedAt', 'signsFrom']) key[time] = (key[time] ?? 0) - ms;
  }
  await writeFile(ringFile(), JSON.stringify(ring));
}
const HOUR = 3_600_000;

it('lives through a rotation, step by step, by the same command', async () => {
  expect(statesOf(await json(['rotate']))).toEqual(['signing']);
  expect(statesOf(await json(['rotate']))).toEqual(['signing', 'published']);
  expect(statesOf(await json(['rotate']))).toEqual(['signing', 'published']);
  await age(49 * HOUR);
  expect(statesOf(await json(['list']))).toEqual(['retired', 'signing']);
  await age(2 * HOUR);
  expect(statesOf(await json(['list']))).toEqual(['removed', 'signing']);
  expect(statesOf(await json(['rotate', '--older-than', '30']))).toEqual(['signing']);
});

it('waits as long as the gatekeepers need', async () => {
  await json(['rotate']);
  const before = Date.now();
  const { keys } = await json(['rotate'], env({ CAUSEWAY_TOKEN_KEY_FETCH_SECONDS: '60' }));
  const waits = Date.parse(keys[1]?.signsFrom ?? '') - before;
  expect(waits).toBeGreaterThanOrEqual(60_000);
  expect(waits).toBeLessThan(120_000);
});

it('tells people what each key does, and nothing private to anybody', async () => {
  await keys(['rotate']);
  const ran = await keys(['rotate']);
  expect(ran.stdout).toMatch(/^key +algorithm +state +private part +what comes\n/);
  expect(ran.stdout).toMatch(/RS256 +signing +file +signs until 20/);
  expect(ran.stdout).toMatch(/RS256 +published +file +signs from 20/);
  expect(JSON.parse(ran.stderr)).toMatchObject({
    audit: 'key_ring',
    action: 'rotated',
    actor: expect.any(String),
  });
  const ring = JSON.parse(await readFile(ringFile(), 'utf8')) as { keys: { privateJwk: { d: string } }[] };
  const told = [ran, await keys(['list']), await keys(['list', '--json'])].map(
    ({ stdout, stderr }) => stdout + stderr,
  );
  for (const { privateJwk } of ring.keys) expect(told.join('')).not.toContain(privateJwk.d);
});

it('revokes a key at once', async () => {
  const { keys: before } = await json(['rotate']);
  const { keys: after } = await json(['revoke', before[0]?.kid ?? '']);
  expect(after.map(({ state }) => state)).toEqual(['signing']);
  expect(after[0]?.kid).not.toBe(before[0]?.kid);
  expect(await readFile(keySetFile(), 'utf8')).not.toContain(before[0]?.kid);
  await expect(keys(['revoke', 'nobody'])).rejects.toMatchObject({ code: 'key_unknown' });
});

it('takes in the key of a remote signer', async () => {
  const file = join(folder, 'key.json');
  const { publicKey } = generateKeyPairSync('ed25519');
  await writeFile(file, JSON.stringify({ ...publicKey.export({ format: 'jwk' }), kid: 'hsm' }));
  const { keys: taken } = await json(['rotate', '--public-key', file]);
  expect(taken).toEqual([expect.objectContaining({ kid: 'hsm', algorithm: 'EdDSA', remote: true })]);
  await writeFile(file, 'PLANTED');
  await expect(keys(['rotate', '--public-key', file])).rejects.toMatchObject({
    code: 'public_key',
    message: expect.not.stringContaining('PLANTED'),
  });
});

it('says what a killed command has left, and where it finds nothing', async () => {
  await keys(['rotate']);
  await writeFile(keySetFile(), '{"keys":[]}');
  expect((await keys(['list'])).stdout).toContain('the key set is not that of the ring');
  await expect(keys(['list'], {})).rejects.toMatchObject({ code: 'nothing_here' });
  await expect(keys(['list'], { CAUSEWAY_JWKS_FILE: keySetFile() })).rejects.toThrow(
    'CAUSEWAY_TOKEN_KEY_RING_FILE: is required',
  );
});

import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { generateKeyPairSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyRingFiles } from './key-ring.files.js';
import { KeyRing, signerAt } from './key-ring.js';
import { remoteKey } from './new-key.js';

const HOUR = 3_600_000;
const times = { fetchMs: 48 * HOUR, retainMs: HOUR };

let folder: string;
let now: number;
let files: KeyRingFiles;
const ringPath = () => join(folder, 'private', 'ring.json');
const keySetPath = () => join(folder, 'public', 'jwks.json');
const text = (path: string) => readFile(path, 'utf8');
const ring = async () => KeyRing.parse(JSON.parse(await text(ringPath())));
const published = async () =>
  (JSON.parse(await text(keySetPath())) as { keys: Record<string, string>[] }).keys;
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'causeway-ring-'));
  now = 1_000 * HOUR;
  files = new KeyRingFiles({ ring: ringPath(), keySet: keySetPath() }, times, () => now);
});
afterEach(() => rm(folder, { recursive: true }));

const rotate = () => files.rotate({ algorithm: 'RS256' });

describe('the files of a ring', () => {
  it('are made by the first rotation: the ring for accounts alone, the key set for all, without private parts', async () => {
    await rotate();
    expect([
      await modeOf(ringPath()),
      await modeOf(join(folder, 'private')),
      await modeOf(keySetPath()),
    ]).toEqual(['600', '700', '644']);
    const [key] = await published();
    expect(key).toEqual({
      kty: 'RSA',
      n: expect.any(String),
      e: 'AQAB',
      kid: (await ring()).keys[0]?.kid,
      alg: 'RS256',
      use: 'sig',
    });
    expect(await readdir(join(folder, 'private'))).toEqual(['ring.json']);
    expect(await readdir(join(folder, 'public'))).toEqual(['jwks.json']);
  });

  it('go through a rotation by the same command, given again when it is time', async () => {
    const first = (await rotate()).keys[0]?.kid;
    const second = (await rotate()).keys[1]?.kid;
    expect((await published()).map(({ kid }) => kid)).toEqual([first, second]);
    expect(await rotate()).toEqual(await ring());
    now += times.fetchMs;
    expect(signerAt(await ring(), 'RS256', now)?.kid).toBe(second);
    expect((await published()).map(({ kid }) => kid)).toEqual([first, second]);
    now += times.retainMs;
    await files.rotate({ algorithm: 'RS256', olderThanMs: 24 * HOUR });
    expect((await published()).map(({ kid }) => kid)).toEqual([second]);
    expect((await ring()).keys.map(({ kid }) => kid)).toEqual([second]);
  });

  it('lose a revoked key at once, with its private part', async () => {
    const { keys } = await rotate();
    const [lost] = keys;
    await files.revoke(lost?.kid ?? '');
    const [next] = (await ring()).keys;
    expect((await published()).map(({ kid }) => kid)).toEqual([next?.kid]);
    expect(next?.kid).not.toBe(lost?.kid);
    expect(signerAt(await ring(), 'RS256', now)).toEqual(next);
    expect(await text(ringPath())).not.toContain(String(lost?.privateJwk?.['d']));
    await expect(files.revoke(lost?.kid ?? '')).rejects.toMatchObject({ code: 'key_unknown' });
  });

  it('take a key in that a remote signer has, without a private part', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'hsm-1' };
    await files.rotate({ algorithm: 'ES256', key: remoteKey(jwk) });
    expect(await published()).toEqual([{ ...jwk, alg: 'ES256', use: 'sig' }]);
    expect((await ring()).keys[0]).not.toHaveProperty('privateJwk');
  });

  it('are mended by the next command after one that was killed', async () => {
    await rotate();
    await rotate();
    await writeFile(keySetPath(), '{"keys":[]}');
    expect((await files.read()).keySetFits).toBe(false);
    await rotate();
    expect((await files.read()).keySetFits).toBe(true);
    expect(await published()).toHaveLength(2);
  });
});

describe('two operators', () => {
  it('do not work on one ring at the same time: the second is told who does', async () => {
    const outcomes = await Promise.allSettled([rotate(), rotate()]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(refused?.reason).toMatchObject({
      code: 'key_ring_locked',
      message: expect.stringMatching(/ring\.json\.lock$/),
    });
    expect((await ring()).keys).toHaveLength(1);
  });

  it('are both kept out by a lock that a killed command has left, until somebody removes it', async () => {
    await rotate();
    await writeFile(`${ringPath()}.lock`, 'process 1 on elsewhere');
    await expect(rotate()).rejects.toThrow('process 1 on elsewhere; if that is over, remove');
    await rm(`${ringPath()}.lock`);
    await rotate();
    expect((await ring()).keys).toHaveLength(2);
  });
});

describe('a ring that cannot be used', () => {
  it.each([
    ['no JSON', 'PLANTED', 'key_ring_invalid'],
    ['something else', '{"PLANTED":1}', 'key_ring_invalid'],
    [
      'a key that signs before it is published',
      JSON.stringify({
        version: 1,
        keys: [{ kid: 'PLANTED', algorithm: 'RS256', publicJwk: { kty: 'RSA' }, createdAt: 1, signsFrom: 1 }],
        revoked: [],
      }),
      'key_ring_invalid',
    ],
    [
      'a private key in the place of a public one',
      JSON.stringify({
        version: 1,
        keys: [{ kid: 'a', algorithm: 'RS256', publicJwk: { kty: 'RSA', d: 'PLANTED' }, createdAt: 1 }],
        revoked: [],
      }),
      'key_ring_invalid',
    ],
  ])('because it is %s is refused without being quoted, and not replaced', async (_what, content, code) => {
    await rotate();
    await writeFile(ringPath(), content);
    const error: unknown = await rotate().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    expect(String(error)).not.toContain('PLANTED');
    expect(await text(ringPath())).toBe(content);
  });

  it('because it is gone is not made anew: its keys are out there', async () => {
    await rotate();
    const before = await text(keySetPath());
    await rm(ringPath());
    await expect(rotate()).rejects.toMatchObject({ code: 'key_ring_missing' });
    expect(await text(keySetPath())).toBe(before);
  });

  it('because its folder is none says so', async () => {
    await writeFile(join(folder, 'private'), '');
    await expect(rotate()).rejects.toMatchObject({
      code: 'key_ring_not_writable',
    });
  });

  it.each([
    ['a short RSA key', generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey],
    ['another curve', generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey],
    ['a key for agreements', generateKeyPairSync('x25519').publicKey],
  ])('because the key of the remote signer is %s', (_what, key) => {
    expect(() => remoteKey({ ...key.export({ format: 'jwk' }), kid: 'a' })).toThrow(
      'RSA of 2048 bits or more',
    );
  });
});

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { blobsConformance, bytes, newName } from '../fixtures/blobs-conformance.js';
import { openBlobs } from './open-blobs.js';

describe('blobs in a folder', () => {
  let folder: string;
  blobsConformance(async () => {
    folder = await mkdtemp(join(tmpdir(), 'causeway-blobs-'));
    const blobs = await openBlobs({ kind: 'folder', path: join(folder, 'not', 'there') });
    return { blobs, close: () => rm(folder, { recursive: true }) };
  });

  it('never leave the folder', async () => {
    const blobs = await openBlobs({ kind: 'folder', path: join(folder, 'inner') });
    for (const name of ['../../outside', '/etc/passwd', '..', 'a/b/c/d/e/f', `abcdefgh\0`]) {
      await expect(blobs.append(name, 0, bytes(1))).rejects.toMatchObject({ code: 'blob_missing' });
    }
    expect(await readdir(join(folder, 'inner'))).toEqual([]);
  });

  it('say nothing of paths when the folder fails', async () => {
    const blobs = await openBlobs({ kind: 'folder', path: join(folder, 'gone') });
    const name = newName();
    await blobs.append(name, 0, bytes(1));
    await rm(join(folder, 'gone', name.slice(0, 2)), { recursive: true });
    const failure = await buffer(blobs.read(name, { start: 0, end: 0 })).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'blob_missing' });
    expect(JSON.stringify([String(failure), String((failure as Error).cause)])).not.toContain(name);
  });
});

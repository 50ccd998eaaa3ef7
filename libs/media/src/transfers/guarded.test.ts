import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { FakeClock } from '@causeway/testing';
import { describe, expect, it } from 'vitest';
import { guarded } from './guarded.js';

const source = (...chunks: string[]) =>
  Readable.from(
    chunks.map((each) => Buffer.from(each)),
    { objectMode: false },
  );
const bounds = (bytes?: number) => ({
  clock: new FakeClock(),
  onBytes: () => undefined,
  ...(bytes !== undefined && { bytes }),
});

describe('a guarded transfer', () => {
  it('passes bytes on and counts them', async () => {
    const counted: number[] = [];
    const onBytes = (bytes: number) => void counted.push(bytes);
    const body = guarded(source('ab', 'cde'), { clock: new FakeClock(), bytes: 5, onBytes });
    expect((await buffer(body)).toString()).toBe('abcde');
    expect(counted).toEqual([2, 3]);
  });

  it('fails when bytes are missing, and when there are too many', async () => {
    await expect(buffer(guarded(source('ab'), bounds(3)))).rejects.toMatchObject({
      code: 'transfer_incomplete',
    });
    await expect(buffer(guarded(source('abcd'), bounds(3)))).rejects.toMatchObject({
      code: 'transfer_too_long',
    });
  });

  it('fails as its source does', async () => {
    const broken = new Error('broken');
    const from = new PassThrough();
    const body = guarded(from, bounds());
    from.destroy(broken);
    await expect(buffer(body)).rejects.toBe(broken);
  });

  it('is cut when no byte moved for half a minute, and ends its source', async () => {
    const clock = new FakeClock();
    const from = new PassThrough();
    const body = guarded(from, { clock, onBytes: () => undefined });
    const read = buffer(body);
    const failed = expect(read).rejects.toMatchObject({ code: 'transfer_idle' });
    await clock.advance(29_000);
    from.write('a');
    await clock.advance(29_000);
    expect(body.destroyed).toBe(false);
    await clock.advance(1_000);
    await failed;
    expect(from.destroyed).toBe(true);
  });

  it('is cut when its reader takes nothing', async () => {
    const clock = new FakeClock();
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(65_536);
      })(),
      { objectMode: false },
    );
    const body = guarded(endless, { clock, onBytes: () => undefined });
    const error = new Promise((resolve) => body.once('error', resolve));
    await clock.advance(30_000);
    expect(await error).toMatchObject({ code: 'transfer_idle' });
    expect(endless.destroyed).toBe(true);
  });
});

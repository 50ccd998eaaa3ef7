import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frame, FrameReader } from './frames.js';

const header = Uint8Array.of(0x57, 0x41, 6, 3);
const intro = Uint8Array.of(0x45, 0x44, 0, 1, 0, 0, 2, 9, 9);

describe('frames', () => {
  it('are found however the stream is split', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        (bodies, step, withIntro) => {
          const stream = Buffer.concat([...(withIntro ? [intro] : []), header, ...bodies.map(frame)]);
          const reader = new FrameReader(header, 1000);
          const found: Uint8Array[] = [];
          for (let at = 0; at < stream.length; at += step)
            found.push(...reader.push(stream.subarray(at, at + step)));
          expect(found.map((each) => Buffer.from(each))).toEqual(bodies.map((each) => Buffer.from(each)));
        },
      ),
    );
  });

  it('are refused beyond the limit, before their body came', () => {
    const reader = new FrameReader(header, 10);
    expect(() => reader.push(Buffer.concat([header, Uint8Array.of(0, 0, 11)]))).toThrow(
      expect.objectContaining({ code: 'frame_too_large' }),
    );
    expect(() => frame(new Uint8Array(1 << 24))).toThrow(
      expect.objectContaining({ code: 'frame_too_large' }),
    );
  });

  it.each([
    ['another header', Uint8Array.of(0x47, 0x45, 0x54, 0x20)],
    ['another dictionary version', Uint8Array.of(0x57, 0x41, 6, 2)],
    ['a foreign intro', Uint8Array.of(0x45, 0x44, 0, 2)],
    ['an oversized intro', Uint8Array.of(0x45, 0x44, 0, 1, 1, 0, 0)],
  ])('refuse %s', (_name, bytes) => {
    expect(() => new FrameReader(header, 10).push(bytes)).toThrow(
      expect.objectContaining({ code: 'login_malformed' }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { edgeRoutingIntro, FrameReader, maxEdgeRoutingBytes, maxFrameBytes, writeFrame } from '../index.js';

const bytes = (value: Uint8Array) => Uint8Array.from(value);

describe('frames', () => {
  it('have a 3-byte big-endian length', () => {
    expect([...writeFrame(new Uint8Array(0x0102)).subarray(0, 4)]).toEqual([0, 1, 2, 0]);
    expect([...writeFrame(new Uint8Array())]).toEqual([0, 0, 0]);
  });

  it('come back whatever the chunks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        (bodies, cuts) => {
          const stream = Buffer.concat(bodies.map(writeFrame));
          const reader = new FrameReader(300);
          const read: Uint8Array[] = [];
          for (let at = 0, i = 0; at < stream.length; i++) {
            const end = at + (cuts[i % cuts.length] ?? 1);
            read.push(...reader.push(stream.subarray(at, end)));
            at = end;
          }
          expect(read.map(bytes)).toEqual(bodies.map(bytes));
        },
      ),
    );
  });

  it('are copies of the chunk', () => {
    const chunk = writeFrame(Uint8Array.of(1));
    const [frame] = new FrameReader(10).push(chunk);
    chunk.fill(9);
    expect(frame?.[0]).toBe(1);
  });

  it('above the bound are refused when their length is read', () => {
    expect(new FrameReader(5).push(writeFrame(new Uint8Array(5)))).toHaveLength(1);
    expect(() => new FrameReader(5).push(Uint8Array.of(0, 0, 6))).toThrow('noise: frame_too_large');
    expect(() => writeFrame(new Uint8Array(maxFrameBytes + 1))).toThrow('noise: frame_too_large');
  });

  it('may be larger once the bound was raised', () => {
    const reader = new FrameReader(5);
    reader.push(writeFrame(new Uint8Array(5)));
    reader.limitTo(6);
    expect(reader.push(writeFrame(new Uint8Array(6)))).toHaveLength(1);
    expect(() => reader.push(Uint8Array.of(0, 0, 7))).toThrow('noise: frame_too_large');
  });

  it('below the least meaningful size are refused', () => {
    expect(new FrameReader(20, 17).push(writeFrame(new Uint8Array(17)))).toHaveLength(1);
    expect(() => new FrameReader(20, 17).push(new Uint8Array(3))).toThrow('noise: frame_too_small');
  });

  it('that are announced long and never come claim no memory', () => {
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 100 }, () => new FrameReader(maxFrameBytes));
    for (const reader of readers) reader.push(Uint8Array.of(0xff, 0xff, 0xff, 1));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
    expect(readers).toHaveLength(100);
  });
});

describe('the edge routing intro', () => {
  it('says how long the routing information is', () => {
    expect(Buffer.from(edgeRoutingIntro(Uint8Array.of(7, 8))).toString('hex')).toBe('454400010000020708');
  });

  it('is bounded', () => {
    expect(edgeRoutingIntro(new Uint8Array(maxEdgeRoutingBytes))).toHaveLength(maxEdgeRoutingBytes + 7);
    expect(() => edgeRoutingIntro(new Uint8Array(maxEdgeRoutingBytes + 1))).toThrow('noise: too_large');
    expect(() => edgeRoutingIntro(new Uint8Array())).toThrow('noise: bad_message');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRange } from './range.js';

describe('a Range header', () => {
  it.each<[string, ReturnType<typeof parseRange>]>([
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=2-5', { start: 2, end: 5 }],
    ['bytes=2-', { start: 2, end: 9 }],
    ['bytes=-3', { start: 7, end: 9 }],
    ['bytes=-30', { start: 0, end: 9 }],
    ['bytes=5-500', { start: 5, end: 9 }],
    [' Bytes=1-2 ', { start: 1, end: 2 }],
    ['bytes=10-', 'refused'],
    ['bytes=5-4', 'refused'],
    ['bytes=-0', 'refused'],
    ['bytes=0-0,2-3', 'refused'],
    ['bytes=0-0,0-0,0-0,0-0', 'refused'],
    ['bytes=-', 'refused'],
    ['bytes=', 'refused'],
    ['bytes=--1', 'refused'],
    ['bytes=1e1-2', 'refused'],
    ['bytes=0-99999999999999999999', 'refused'],
    ['items=0-1', 'refused'],
    ['', 'refused'],
  ])('of ten bytes: %s', (header, range) => {
    expect(parseRange(header, 10)).toEqual(range);
  });

  it('may be absent', () => {
    expect(parseRange(undefined, 10)).toBeUndefined();
  });

  it('never throws, and never leaves the blob', () => {
    const numbers = fc.array(
      fc.oneof(fc.nat(), fc.constantFrom('', '-', ',', '=', ' ', 'x', '9'.repeat(20))),
    );
    const header = fc.oneof(
      fc.string(),
      numbers.map((parts) => `bytes=${parts.join('')}`),
    );
    fc.assert(
      fc.property(header, fc.integer({ min: 1, max: 2 ** 32 }), (text, size) => {
        const range = parseRange(text, size);
        if (range === 'refused' || range === undefined) return;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.start).toBeLessThanOrEqual(range.end);
        expect(range.end).toBeLessThan(size);
      }),
    );
  });
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteBucket } from './byte-bucket.js';

it('lets a burst pass at once, then the rate', () => {
  const bucket = new ByteBucket(1_000, 100, 0);
  expect(bucket.take(1_000, 0)).toBe(0);
  expect(bucket.take(50, 0)).toBe(500);
  expect(bucket.take(0, 490)).toBe(10);
  expect(bucket.take(0, 500)).toBe(0);
});

it('never lets more pass than burst and rate allow, for whoever waits as told', () => {
  const messages = fc.array(fc.record({ bytes: fc.nat(5_000), pauseMs: fc.nat(200) }), { maxLength: 50 });
  fc.assert(
    fc.property(messages, (sent) => {
      const bucket = new ByteBucket(1_000, 100, 0);
      let [nowMs, passed] = [0, 0];
      for (const { bytes, pauseMs } of sent) {
        nowMs += pauseMs;
        passed += bytes;
        nowMs += bucket.take(bytes, nowMs);
        expect(passed).toBeLessThanOrEqual(1_000 + Math.ceil((nowMs * 100) / 1_000));
      }
    }),
  );
});

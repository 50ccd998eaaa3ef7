import { describe, expect, it } from 'vitest';
import { currentTraceparent, isTraceparent, runWithTraceparent, withSpan } from '../index.js';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('traceparent', () => {
  it('is carried through asynchronous work without an SDK', async () => {
    const seen = await runWithTraceparent(traceparent, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return withSpan('inner', () => currentTraceparent());
    });
    expect(seen).toBe(traceparent);
    expect(currentTraceparent()).toBeUndefined();
  });

  it.each([
    undefined,
    '',
    'x',
    `${traceparent}-more`,
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    '00-0AF7-1-1',
  ])('ignores %s', (text) => {
    expect(runWithTraceparent(text, () => currentTraceparent())).toBeUndefined();
    if (text !== undefined) expect(isTraceparent(text)).toBe(false);
  });
});

describe('withSpan', () => {
  it('passes results and errors through', async () => {
    expect(await withSpan('x', () => 7)).toBe(7);
    const error = new Error('x');
    await expect(withSpan('x', () => Promise.reject(error))).rejects.toBe(error);
  });
});

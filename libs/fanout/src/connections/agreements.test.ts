import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Agreements } from './agreements.js';

const question = (correlationId: string, deadline = 10) => ({ correlationId, deadline });

describe('questions for agreements', () => {
  it('are put to the device while somebody waits, and answered once', () => {
    const agreements = new Agreements();
    expect(agreements.answered('a', 0)).toBe(false);
    expect(agreements.asked(question('a'), 9)).toBe(true);
    expect(agreements.answered('b', 9)).toBe(false);
    expect(agreements.answered('a', 9)).toBe(true);
    expect(agreements.answered('a', 9)).toBe(false);
  });

  it('are over at their deadline', () => {
    const agreements = new Agreements();
    expect(agreements.asked(question('a'), 10)).toBe(false);
    expect(agreements.asked(question('a'), 9)).toBe(true);
    expect(agreements.answered('a', 10)).toBe(false);
  });

  it('are one at a time: of any that are asked only the latest can be answered', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 8 }), (names) => {
        const agreements = new Agreements();
        for (const name of names) agreements.asked(question(name), 0);
        expect(names.filter((name) => agreements.answered(name, 0))).toEqual(names.slice(-1));
      }),
    );
  });
});

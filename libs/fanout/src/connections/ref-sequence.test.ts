import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RefSequence } from './ref-sequence.js';

const admitted = (refs: RefSequence, ...numbers: number[]) => numbers.filter((ref) => refs.admits(ref));

describe('RefSequence', () => {
  it('admits what comes in order, and what is repeated', () => {
    const refs = new RefSequence();
    refs.begin(100);
    expect(admitted(refs, 101, 102, 101, 102, 103)).toEqual([101, 102, 101, 102, 103]);
  });

  it('holds back what is behind a gap, also at the beginning, until the next login', () => {
    const refs = new RefSequence();
    refs.begin(100);
    expect(admitted(refs, 101, 103, 104)).toEqual([101]);
    refs.begin(200);
    expect(admitted(refs, 201, 202)).toEqual([201, 202]);
    refs.begin(300);
    expect(admitted(refs, 302)).toEqual([]);
  });

  it('holds nothing back when the next login lacks something too, and begins anew after one without a gap', () => {
    const refs = new RefSequence();
    for (const start of [100, 200]) {
      refs.begin(start);
      admitted(refs, start + 1, start + 3);
    }
    expect(admitted(refs, 204)).toEqual([204]);
    refs.begin(300);
    expect(admitted(refs, 301, 302)).toEqual([301, 302]);
    refs.begin(400);
    expect(admitted(refs, 402)).toEqual([]);
  });

  it('takes the first number as it is when the session does not say where it begins', () => {
    const refs = new RefSequence();
    refs.begin(undefined);
    expect(admitted(refs, 7, 8, 10)).toEqual([7, 8]);
  });

  it('invariant 3: whatever is lost in a login, what the device gets by the next one is in order', () => {
    const lost = fc.uniqueArray(fc.integer({ min: 1, max: 20 }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), lost, (count, missing) => {
        const refs = new RefSequence();
        const sent = Array.from({ length: count }, (_, index) => index + 1);
        refs.begin(0);
        const seen = admitted(refs, ...sent.filter((number) => !missing.includes(number)));
        refs.begin(1_000);
        const again = sent.filter((number) => !seen.includes(number));
        const rest = again.filter((_, index) => refs.admits(1_001 + index));
        expect([...seen, ...rest]).toEqual(sent);
      }),
    );
  });
});

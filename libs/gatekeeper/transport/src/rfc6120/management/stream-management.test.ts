import { stanza } from '@causeway/xml';
import { FakeClock } from '@causeway/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../upstream-error.js';
import { Resumptions, type Resumption } from './resumptions.js';
import { counterModulus, StreamManagement, type ManagedState } from './stream-management.js';

const message = stanza('message');
const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'accepted';
  } catch (error) {
    return error instanceof UpstreamError ? error.code : String(error);
  }
};
const ids = (entries: readonly { id: string | undefined }[]) => entries.map(({ id }) => id);

describe('what was sent', () => {
  it('waits for the server in its order, up to the limit', () => {
    const management = new StreamManagement(3);
    for (const id of ['a', 'b', 'c']) management.sent(message, id);
    expect(codeOf(() => management.sent(message, 'd'))).toBe('send_buffer_full');
    expect(ids(management.acknowledge('2'))).toEqual(['a', 'b']);
    expect(ids(management.acknowledge('2'))).toEqual([]);
    management.sent(message, 'd');
    expect(ids(management.unacknowledged)).toEqual(['c', 'd']);
  });

  it.each([undefined, '', '-1', '1.5', '3', 'Infinity', '4294967296', '99999999999', '0x1', ' 1'])(
    'is not acknowledged by %j',
    (h) => {
      const management = new StreamManagement(3);
      for (const id of ['a', 'b']) management.sent(message, id);
      expect(codeOf(() => management.acknowledge(h))).toBe('wire_broken');
      expect(ids(management.unacknowledged)).toEqual(['a', 'b']);
    },
  );

  it('is not acknowledged again by a lower number', () => {
    const management = new StreamManagement(3);
    for (const id of ['a', 'b']) management.sent(message, id);
    management.acknowledge('2');
    expect(codeOf(() => management.acknowledge('1'))).toBe('wire_broken');
  });

  it('is counted beyond 2^32', () => {
    const state = {
      settled: counterModulus - 1,
      settledBeyond: [],
      acknowledged: counterModulus - 1,
      queue: [],
    };
    const management = new StreamManagement(3, state);
    for (const id of ['a', 'b']) management.sent(message, id);
    expect(ids(management.acknowledge('1'))).toEqual(['a', 'b']);
    const { number } = management.received();
    expect(management.settle(number)).toBe(true);
    expect(management.handled).toBe(0);
  });

  it('that was not written after all is not waited for', () => {
    const management = new StreamManagement(3);
    const entry = management.sent(message, 'a');
    management.sent(message, 'b');
    management.withdraw(entry);
    expect(ids(management.acknowledge('1'))).toEqual(['b']);
  });
});

/** A server that keeps what is not handled, and the numbers that its client gives. */
function play(steps: readonly ('receive' | 'settle-first' | 'settle-last' | 'lose')[]): void {
  let management = new StreamManagement(1);
  const queue: number[] = [];
  const unsettled: { number: number; content: number }[] = [];
  const delivered: number[] = [];
  const settled = new Set<number>();
  let content = 0;
  let acknowledged = 0;
  const deliver = (given: number): void => {
    const { number, again } = management.received();
    if (again) return void management.settle(number);
    delivered.push(given);
    unsettled.push({ number, content: given });
  };
  const acknowledge = (): void => {
    queue.splice(0, management.handled - acknowledged);
    acknowledged = management.handled;
  };
  for (const step of steps) {
    if (step === 'receive') {
      queue.push(++content);
      deliver(content);
    } else if (step === 'lose') {
      const state: ManagedState = management.state();
      management = new StreamManagement(1, state);
      acknowledge();
      unsettled.length = 0;
      for (const again of [...queue]) deliver(again);
    } else {
      const entry = step === 'settle-first' ? unsettled.shift() : unsettled.pop();
      if (entry === undefined) continue;
      settled.add(entry.content);
      management.settle(entry.number);
      acknowledge();
    }
    // Nothing that is unsettled may have left the server, and nothing that is settled comes again.
    expect(unsettled.every((entry) => queue.includes(entry.content))).toBe(true);
    expect(unsettled.some((entry) => settled.has(entry.content))).toBe(false);
    expect(management.unsettled).toBe(unsettled.length);
  }
  management.state();
  for (const entry of unsettled.splice(0)) management.settle(entry.number);
  acknowledge();
  expect(queue).toEqual([]);
  expect(new Set(delivered)).toEqual(new Set(Array.from({ length: content }, (_, index) => index + 1)));
}

it('what was received stays with the server until it is settled, whatever is lost meanwhile', () => {
  const step = fc.constantFrom('receive', 'receive', 'settle-first', 'settle-last', 'lose');
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => play(steps as Parameters<typeof play>[0])),
  );
});

it('settling twice, or what never came, changes nothing', () => {
  const management = new StreamManagement(1);
  const { number } = management.received();
  expect([management.settle(number), management.settle(number), management.handled]).toEqual([
    true,
    false,
    1,
  ]);
});

describe('sessions that can be resumed', () => {
  const resumption = (id: string): Resumption => ({
    id,
    address: 'a@b/c',
    state: new StreamManagement(1).state(),
  });

  it('are there once, for their time', async () => {
    const clock = new FakeClock();
    const kept = new Resumptions(clock);
    kept.keep('a', resumption('1'), 120);
    expect(kept.take('a')?.id).toBe('1');
    expect(kept.take('a')).toBeUndefined();
    kept.keep('a', resumption('2'), 120);
    await clock.advance(120_000);
    expect(kept.take('a')).toBeUndefined();
  });

  it('give way to later ones beyond the limit, and to nothing once their time is over', async () => {
    const clock = new FakeClock();
    const kept = new Resumptions(clock, 2);
    for (const key of ['a', 'b', 'c']) kept.keep(key, resumption(key), 120);
    expect([kept.take('a'), kept.take('b')?.id, kept.take('c')?.id]).toEqual([undefined, 'b', 'c']);
    for (const key of ['a', 'b']) kept.keep(key, resumption(key), 120);
    await clock.advance(121_000);
    kept.keep('c', resumption('c'), 120);
    expect(kept.size).toBe(1);
  });
});

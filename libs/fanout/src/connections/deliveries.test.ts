import { describe, expect, it } from 'vitest';
import { Deliveries, nameOf } from './deliveries.js';

const ephemeral = (seq: number) => ({ source: 'ephemeral' as const, seq, ref: seq * 10 });
const durable = (seq: number, id = 'A') => ({
  source: 'durable' as const,
  seq,
  ref: seq * 10,
  receiptFor: { to: 'bob', id },
});

describe('Deliveries', () => {
  it('tells the two mailboxes apart, and takes each delivery once', () => {
    const deliveries = new Deliveries();
    deliveries.add(ephemeral(1));
    deliveries.add(durable(1));
    expect([nameOf(ephemeral(1)), nameOf(durable(1))]).toEqual(['e.1', 'd.1']);
    expect(deliveries.take(['d.1', 'd.1', 'e.7', '', '__proto__'])).toEqual([durable(1)]);
    expect(deliveries.size).toBe(1);
  });

  it('forgets with a login what the gatekeeper will deliver again, and keeps what is durable here', () => {
    const deliveries = new Deliveries();
    for (const seq of [1, 2]) deliveries.add(ephemeral(seq));
    deliveries.add(durable(3));
    expect(deliveries.reset()).toEqual([ephemeral(1), ephemeral(2)]);
    expect(deliveries.take(['e.1', 'd.3'])).toEqual([durable(3)]);
  });

  it('owes no delivery receipt for what the device asked for again', () => {
    const deliveries = new Deliveries();
    deliveries.add(durable(1, 'A'));
    deliveries.add(durable(2, 'B'));
    deliveries.withoutReceipt('somebody', ['A', 'B']);
    deliveries.withoutReceipt('bob', ['A']);
    const [first, second] = deliveries.take(['d.1', 'd.2']);
    expect(first).toEqual({ source: 'durable', seq: 1, ref: 10 });
    expect(second).toEqual(durable(2, 'B'));
  });
});

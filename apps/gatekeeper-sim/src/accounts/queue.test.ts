import { describe, expect, it } from 'vitest';
import { DeliveryQueue } from './queue.js';

const day = 86_400_000;
const stanza = (tag: string, id: string, type?: string) => ({
  tag,
  attrs: { id, ...(type !== undefined && { type }) },
});
const ids = (items: readonly { node: { attrs: Record<string, string> } }[]) =>
  items.map((each) => each.node.attrs['id']);

describe('delivery queue', () => {
  it('hands each stanza to a connection once, and again to the next until it is settled', () => {
    const queue = new DeliveryQueue(10, 30 * day);
    for (const id of ['a', 'b', 'c']) queue.add(stanza('message', id), 0);
    expect(ids(queue.take(2, 0))).toEqual(['a', 'b']);
    expect(ids(queue.take(5, 0))).toEqual(['c']);
    expect(queue.settle({ class: 'message', id: 'b' })).toBe(true);
    expect(ids(queue.rewind(1))).toEqual(['a', 'c']);
    expect(ids(queue.take(5, 0))).toEqual(['a', 'c']);
    expect(queue.length).toBe(2);
  });

  it('settles what was sent, of the class that is named, once', () => {
    const queue = new DeliveryQueue(10, 30 * day);
    queue.add(stanza('message', 'a'), 0);
    expect(queue.settle({ class: 'message', id: 'a' })).toBe(false);
    queue.take(1, 0);
    expect(queue.settle({ class: 'receipt', id: 'a' })).toBe(false);
    expect(queue.settle({ class: 'message', id: 'a' })).toBe(true);
    expect(queue.settle({ class: 'message', id: 'a' })).toBe(false);
  });

  it('tells receipts of one message apart by their type, where the acknowledgement names one', () => {
    const queue = new DeliveryQueue(10, 30 * day);
    queue.add(stanza('receipt', 'a'), 0);
    queue.add(stanza('receipt', 'a', 'read'), 0);
    queue.take(2, 0);
    queue.settle({ class: 'receipt', id: 'a', type: 'read' });
    expect(queue.rewind(0).map((each) => each.node.attrs)).toEqual([{ id: 'a' }]);
    queue.take(1, 0);
    expect(queue.settle({ class: 'receipt', id: 'a', type: 'odd' })).toBe(true);
  });

  it('keeps a stanza for thirty days', () => {
    const queue = new DeliveryQueue(10, 30 * day);
    queue.add(stanza('message', 'old'), 0);
    queue.add(stanza('message', 'new'), day);
    expect(ids(queue.rewind(30 * day - 1))).toEqual(['old', 'new']);
    expect(ids(queue.rewind(30 * day))).toEqual(['new']);
    expect(ids(queue.take(9, 0))).toEqual(['new']);
  });

  it('takes no more than its bound, until old ones expire', () => {
    const queue = new DeliveryQueue(2, 30 * day);
    queue.add(stanza('message', 'a'), 0);
    queue.add(stanza('message', 'b'), 0);
    expect(() => queue.add(stanza('message', 'c'), 1)).toThrow(
      expect.objectContaining({ code: 'queue_full' }),
    );
    queue.add(stanza('message', 'd'), 30 * day);
    expect(queue.length).toBe(1);
  });
});

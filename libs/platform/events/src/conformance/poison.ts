import { describe, expect, it, vi } from 'vitest';
import type { Fixture } from './index.js';
import { note, noteTopic, outgoing, Received, subscription, upTo } from './note-topic.js';

const byKey = (
  records: readonly { key: string; headers: Readonly<Record<string, string>> }[],
  key: string,
): string[] =>
  records.filter((record) => record.key === key).map((record) => record.headers['ce_errorcode'] ?? '');

export function poisonSuite(get: () => Fixture): void {
  describe('poison', () => {
    it('moves an event whose handler keeps failing to the dead-letter topic, with headers and code', async () => {
      const { clients, backend, deadlineMs } = get();
      const topic = noteTopic();
      const received = new Received();
      let tries = 0;
      await clients.open().subscribe(
        subscription(topic, async (event) => {
          if (event.key === 'bad' && event.data.n === 0) {
            tries += 1;
            throw new Error('never');
          }
          await received.handle(event);
        }),
      );
      const publisher = clients.open();
      await publisher.publish(topic, [
        { data: note('bad', 0), id: 'the-bad-one' },
        ...outgoing(['bad', 'good'], 2, 1),
      ]);
      await vi.waitFor(() => expect(received.events).toHaveLength(4), { timeout: deadlineMs });
      expect(tries).toBe(3);
      expect(received.lane('bad')).toEqual([1, 2]);
      const [dead, ...more] = await backend.records(`${topic.name}.dlq`);
      expect(more).toEqual([]);
      expect(dead).toMatchObject({ key: 'bad', payload: JSON.stringify(note('bad', 0)) });
      expect(dead?.headers).toMatchObject({
        ce_id: 'the-bad-one',
        ce_type: 'note.taken',
        ce_errorcode: 'handler_failed',
        ce_errorgroup: 'conformance',
      });
    });

    it('leaves the payload of a sealed topic out of the dead-letter topic', async () => {
      const { clients, backend, deadlineMs } = get();
      const topic = noteTopic({ sealed: true });
      await clients.open().subscribe(
        subscription(topic, () => Promise.reject(new Error('never')), {
          retry: { attempts: 1, backoffMs: 1 },
        }),
      );
      await clients.open().publish(topic, outgoing(['a'], 1));
      await vi.waitFor(
        async () => {
          const [dead] = await backend.records(`${topic.name}.dlq`);
          expect(dead).toMatchObject({ key: 'a', payload: null });
        },
        { timeout: deadlineMs, interval: 200 },
      );
    });

    it('moves what is not an event of the contract, each with its code, and stalls nobody', async () => {
      const { clients, backend, deadlineMs } = get();
      const topic = noteTopic();
      const received = new Received();
      const bus = clients.open();
      await bus.subscribe(subscription(topic, received.handle));
      const headers = {
        ce_specversion: '1.0',
        ce_id: '1',
        ce_type: 'note.taken',
        ce_time: '2026-01-01T00:00:00Z',
      };
      const valid = JSON.stringify(note('x', 1));
      const bad = [
        { key: 'k1', headers: {}, payload: valid, code: 'envelope_invalid' },
        {
          key: 'k2',
          headers: { ...headers, ce_specversion: '2.0' },
          payload: valid,
          code: 'envelope_invalid',
        },
        { key: 'k3', headers, payload: '{"type":', code: 'event_malformed' },
        { key: 'k4', headers, payload: '{"type":"note.erased"}', code: 'event_invalid' },
        { key: 'k5', headers, payload: valid, code: 'key_mismatch' },
        { key: 'x', headers: { ...headers, ce_type: 'note.forged' }, payload: valid, code: 'type_mismatch' },
        { key: 'k7', headers, payload: JSON.stringify('x'.repeat(600_000)), code: 'event_too_large' },
        // An older version of the event, a newer one, and what no version ever was.
        { key: 'k8', headers, payload: JSON.stringify({ lane: 'k8', n: 1 }), code: 'event_invalid' },
        {
          key: 'k9',
          headers: { ...headers, ce_type: 'note.taken.v2' },
          payload: JSON.stringify(note('k9', 1)),
          code: 'type_mismatch',
        },
        { key: 'k10', headers, payload: '['.repeat(100_000), code: 'event_malformed' },
        { key: 'k11', headers, payload: null, code: 'event_malformed' },
        {
          key: 'k12',
          headers: { ...headers, junk: 'x'.repeat(600_000) },
          payload: JSON.stringify(note('k12', 1)),
          code: 'event_too_large',
        },
      ];
      for (const record of bad) await backend.inject(topic.name, record);
      await bus.publish(topic, outgoing(['a', 'b', 'c', 'd', 'e'], 2));
      await vi.waitFor(
        async () => {
          expect(received.events).toHaveLength(10);
          const dead = await backend.records(`${topic.name}.dlq`);
          for (const { key, code } of bad) expect(byKey(dead, key)).toEqual([code]);
        },
        { timeout: deadlineMs, interval: 200 },
      );
    });

    it('moves 10 MB that somebody wrote past the bus without their payload, and goes on behind them', async () => {
      const { clients, backend, deadlineMs } = get();
      const topic = noteTopic();
      const received = new Received();
      const bus = clients.open({}, 1);
      await bus.subscribe(subscription(topic, received.handle));
      const headers = { ce_specversion: '1.0', ce_id: '1', ce_type: 'note.taken', ce_time: 'now' };
      const payload = JSON.stringify({ ...note('big', 1), junk: 'x'.repeat(10_000_000) });
      await backend.inject(topic.name, { key: 'big', headers, payload });
      await bus.publish(topic, outgoing(['a', 'big'], 2));
      await vi.waitFor(
        async () => {
          expect(received.lane('a')).toEqual(upTo(2));
          expect(received.lane('big')).toEqual(upTo(2));
          const [dead] = await backend.records(`${topic.name}.dlq`);
          expect(dead).toMatchObject({
            key: 'big',
            payload: null,
            headers: { ce_errorcode: 'event_too_large' },
          });
        },
        { timeout: deadlineMs, interval: 200 },
      );
    });
  });
}

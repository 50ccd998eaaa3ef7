import { DeliveryChecker } from '@causeway/testing/faults';
import { eventually } from '@causeway/testing';
import { expect } from 'vitest';
import type { Sent, Shown } from '../checks/conversation.js';
import type { People } from '../checks/people.js';

const WITHIN_MS = 120_000;

/** Sends a message each way, and waits until both are shown. */
export async function reached({ alice, bob }: People): Promise<Sent> {
  const outward = (await alice.device.send({ to: bob.jid, kind: 'text', text: 'out again' })).id;
  const inward = await bob.send({ to: alice.identifier, kind: 'text', text: 'in again' });
  await eventually(
    async () => {
      expect(alice.messages.map(({ id }) => id)).toContain(inward);
      expect((await bob.received()).messages.map(({ id }) => id)).toContain(outward);
    },
    { deadlineMs: WITHIN_MS, everyMs: 100 },
  );
  return { outward: [outward], inward: [inward] };
}

/** @returns what was lost, shown twice, out of order or out of nothing, of what was sent */
export function judge(sent: Sent, shown: Shown) {
  const checker = new DeliveryChecker();
  const ways = [
    { key: 'out', ids: sent.outward, seen: shown.onPhone },
    { key: 'in', ids: sent.inward, seen: shown.onDevice },
  ];
  for (const { key, ids, seen } of ways) {
    for (const [seq, id] of ids.entries()) {
      checker.began({ id, key, seq });
      checker.told(id, 'ok');
    }
    for (const id of seen) checker.saw({ id, key, seq: ids.indexOf(id) });
  }
  const { lost, doubled, reordered, phantom } = checker.verdict();
  return {
    ok: sent.outward.length + sent.inward.length,
    unknown: 0,
    refused: 0,
    lost: lost.length,
    doubled: doubled.length,
    reordered: reordered.length,
    phantom: phantom.length,
  };
}

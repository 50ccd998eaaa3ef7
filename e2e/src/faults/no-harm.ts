import { DeliveryChecker, recordTrial } from '@causeway/testing/faults';
import { eventually } from '@causeway/testing';
import { expect } from 'vitest';
import { shownOf, streamBothWays, type Sent, type Shown } from '../checks/conversation.js';
import type { People } from '../checks/people.js';
import type { Column } from '../column/column.js';
import { comeBack } from '../restarts/kill-at.js';

const WITHIN_MS = 120_000;
/** The fault begins after so many messages each way. */
const AFTER = 8;

/** A fault under a running conversation. */
export interface Trial {
  readonly name: string;
  /** Messages each way, and the time between two. */
  readonly stream: { readonly count: number; readonly paceMs: number };
  /** Does the fault, and undoes it. */
  run(): Promise<void>;
  /** Order is not for us to keep: whoever disturbs delivers in another. */
  readonly disordered?: boolean;
}

/** Lets people talk while the fault comes and goes, records the trial, and expects that the conversation took no harm. */
export async function expectNoHarm(column: Column, people: People, trial: Trial): Promise<void> {
  let healedAt = 0;
  const run = async (): Promise<void> => {
    await trial.run();
    healedAt = performance.now();
  };
  const during = await streamBothWays(people, { ...trial.stream, disturbance: { after: AFTER, run } });
  await comeBack(people);
  const reach = await reached(people);
  const recoveredMs = Math.round(performance.now() - healedAt);
  const sent = {
    outward: [...during.outward, ...reach.outward],
    inward: [...during.inward, ...reach.inward],
  };
  const shown = await shownOf(people, sent, { control: column.endpoints.control, withinMs: WITHIN_MS });
  const counts = judge(sent, shown);
  recordTrial({ trial: trial.name, ...counts, recoveredMs });
  const { lost, doubled, phantom } = counts;
  const reordered = trial.disordered === true ? 0 : counts.reordered;
  const harm = { lost, doubled, reordered, phantom };
  expect(harm).toEqual({ lost: 0, doubled: 0, reordered: 0, phantom: 0 });
  expect(new Set(shown.outcomes), 'the word on what the device sent').toEqual(new Set(['accepted']));
}

/** Sends a message each way, and waits until both are shown. */
async function reached({ alice, bob }: People): Promise<Sent> {
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
function judge(sent: Sent, shown: Shown) {
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

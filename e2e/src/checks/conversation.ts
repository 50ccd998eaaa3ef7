import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@causeway/testing';
import { accountOf } from './gatekeeper.js';
import type { People } from './people.js';

/** The ids of a conversation's messages, each way in the order in which the sender was told that they are taken. */
export interface Sent {
  readonly outward: readonly string[];
  readonly inward: readonly string[];
}

export interface Disturbance {
  /** Runs after so many messages each way; the stream goes on meanwhile. */
  readonly after: number;
  run(): Promise<void>;
}

/** What the two ends show of a conversation. */
export interface Shown {
  /** Ids that the device showed, in its order, repeated as often as they were shown. */
  readonly onDevice: readonly string[];
  /** Ids that the phone showed, likewise. */
  readonly onPhone: readonly string[];
  /** The gatekeeper's word on what the device sent. */
  readonly outcomes: readonly (string | undefined)[];
}

/**
 * Sends texts both ways at a steady pace while something disturbs the system between the two ends.
 * @param paceMs between two messages of one end
 */
export async function streamBothWays(
  { alice, bob }: People,
  { count, paceMs, disturbance }: { count: number; paceMs: number; disturbance: Disturbance },
): Promise<Sent> {
  const [outward, inward]: [string[], string[]] = [[], []];
  let disturbed = Promise.resolve();
  for (let number = 0; number < count; number += 1) {
    if (number === disturbance.after) disturbed = disturbance.run();
    outward.push((await alice.device.send({ to: bob.jid, kind: 'text', text: `out ${number}` })).id);
    inward.push(await bob.send({ to: alice.identifier, kind: 'text', text: `in ${number}` }));
    await delay(paceMs);
  }
  await disturbed;
  return { outward, inward };
}

/**
 * Waits until both ends have shown everything and the gatekeeper holds nothing back that it could deliver again.
 * @returns what was shown, to be compared with what was sent
 */
export async function shownOf(
  { alice, bob }: People,
  sent: Sent,
  { control, withinMs }: { readonly control: string; readonly withinMs: number },
): Promise<Shown> {
  const ours = new Set([...sent.outward, ...sent.inward]);
  const look = async (): Promise<Shown> => ({
    onDevice: alice.messages.map(({ id }) => id).filter((id) => ours.has(id)),
    onPhone: (await bob.received()).messages.map(({ id }) => id).filter((id) => ours.has(id)),
    outcomes: sent.outward.map((id) => alice.outcomes.get(id)),
  });
  const complete = async (): Promise<void> => {
    const { onDevice, onPhone, outcomes } = await look();
    const missing = sent.inward.length - new Set(onDevice).size + sent.outward.length - new Set(onPhone).size;
    if (missing > 0) throw new Error(`${missing} messages are missing`);
    if (outcomes.includes(undefined)) throw new Error('the device waits for the word on a message');
    const { queued } = await accountOf(control, alice.identifier);
    if (queued > 0) throw new Error(`${queued} stanzas wait at the gatekeeper`);
  };
  // At the deadline the comparison says more than the wait.
  await eventually(complete, { deadlineMs: withinMs, everyMs: 100 }).catch(() => undefined);
  return look();
}

import { expect } from 'vitest';
import { shownOf, type Sent } from '../checks/conversation.js';
import type { People } from '../checks/people.js';

const WITHIN_MS = 90_000;

/** Everything that was sent is shown at the other end, once and in its order, and nothing was refused. */
export async function expectUndamaged(people: People, sent: Sent, control: string): Promise<void> {
  const shown = await shownOf(people, sent, { control, withinMs: WITHIN_MS });
  expect(shown.onDevice, 'on the device').toEqual(sent.inward);
  expect(shown.onPhone, 'on the phone').toEqual(sent.outward);
  expect(new Set(shown.outcomes), 'the word on what the device sent').toEqual(new Set(['accepted']));
}

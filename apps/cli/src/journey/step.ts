import type { WakeReceiver } from '../provider/wake-receiver.js';
import type { Phone } from './phone.js';
import type { Sample } from './samples.js';
import type { ProviderUser } from './user.js';

/** Names of the main job's steps, in their order. */
export const stepNames = [
  'opt-in',
  'enlist',
  'text-out',
  'text-in',
  'reply-out',
  'reply-in',
  'reaction-out',
  'reaction-in',
  'image-out',
  'image-in',
  'voice-out',
  'voice-in',
  'document-out',
  'document-in',
  'typing',
  'receipts',
  'wake',
  'opt-out',
] as const;
export type StepName = (typeof stepNames)[number];

/** What the steps work on, and what one leaves for the next. */
export interface JourneyContext {
  readonly alice: ProviderUser;
  readonly bob: Phone;
  readonly wakes: Pick<WakeReceiver, 'next'>;
  readonly samples: { readonly image: Sample; readonly voice: Sample; readonly document: Sample };
  /** Ids of messages that later steps refer to. */
  readonly ids: Map<string, string>;
}

/** One step: it does something at one end and looks at the other. @returns what happened, for people */
export type Step = (context: JourneyContext) => Promise<string>;

/** A step that was run. */
export interface StepResult {
  readonly name: StepName;
  readonly ok: boolean;
  readonly ms: number;
  readonly story: string;
}

/** What was shown is not what was sent. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
  readonly code = 'shown_differs';
}

/** @throws {Mismatch} naming the field, never its values */
export function same(what: string, shown: unknown, sent: unknown): void {
  if (shown !== sent) throw new Mismatch(`${what} differs from what was sent`);
}

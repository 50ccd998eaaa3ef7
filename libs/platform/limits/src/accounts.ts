import type { Limit } from './limit.js';

/** Enlistment with a gatekeeper and the tokens for it. */
export const accountLimits = {
  enlistmentDeadlineMs: {
    value: 8_000,
    unit: 'milliseconds',
    reason: 'One enlistment request; a device waits for the first one and gives up after 15 seconds.',
  },
  enlistmentLeaseMs: {
    value: 30_000,
    unit: 'milliseconds',
    reason: 'Longer than one attempt with its calls to keys and session; then another pod may try.',
  },
  enlistmentAnswerBytes: {
    value: 4_096,
    unit: 'bytes',
    reason: 'The answer of a gatekeeper is a login and a status.',
  },
  enlistmentAttempts: {
    value: 24,
    unit: 'attempts',
    reason: 'About half a day of attempts without an answer; then the user has to ask again.',
  },
  enlistmentBackoffMinMs: {
    value: 1_000,
    unit: 'milliseconds',
    reason: 'Wait before the second attempt; it doubles from attempt to attempt, with jitter.',
  },
  enlistmentBackoffMaxMs: {
    value: 3_600_000,
    unit: 'milliseconds',
    reason: 'Longest wait between two attempts.',
  },
  enlistmentSweepMs: {
    value: 1_000,
    unit: 'milliseconds',
    reason: 'How often a pod looks for enlistments that are due; the look-up is one index scan.',
  },
  enlistmentSweepItems: {
    value: 8,
    unit: 'items',
    reason: 'Enlistments that one pod attempts at the same time.',
  },
  inactivitySweepMs: {
    value: 600_000,
    unit: 'milliseconds',
    reason: 'How often a pod looks for users who are away for too long; the clock counts in days.',
  },
  inactivitySweepItems: {
    value: 100,
    unit: 'items',
    reason: 'Users whom one look reads, each then in a transaction of her own.',
  },
  deletionsAtOnce: {
    value: 20,
    unit: 'items',
    reason:
      'Logins of one pod that only delete, where no device takes part; the others are asked for again a day later.',
  },
  connectDaysFlushMs: {
    value: 5_000,
    unit: 'milliseconds',
    reason: 'How long days of last connections wait to be written together; a pod that dies forgets them.',
  },
  connectDaysItems: {
    value: 100_000,
    unit: 'items',
    reason:
      'Days of last connections that a pod holds: about 20 MB. Beyond it some are written by a later connection.',
  },
} as const satisfies Record<string, Limit>;

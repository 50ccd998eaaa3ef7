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
  tokenReuseMarginMs: {
    value: 60_000,
    unit: 'milliseconds',
    reason: 'A minted token is not handed out again in its last minute: it must survive the login it is for.',
  },
} as const satisfies Record<string, Limit>;

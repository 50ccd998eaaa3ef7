import type { Limit } from './limit.js';

/** Wrapping keys, the service that may have them, and what they wrap. */
export const sealingLimits = {
  wrappingKeys: {
    value: 8,
    unit: 'items',
    reason: 'Wrapping keys in one ring: one at work, one to come, and those that rows still name.',
  },
  wrappingKeyLeadMs: {
    value: 600_000,
    unit: 'milliseconds',
    reason:
      'A new wrapping key waits so long until every pod has read the ring, and an old one must have rested so long before it is dropped.',
  },
  rewrapBatchRows: {
    value: 100,
    unit: 'items',
    reason: 'Rows of one transaction when data keys are wrapped anew: their locks are held for milliseconds.',
  },
  wrappedRowsCountMs: {
    value: 600_000,
    unit: 'milliseconds',
    reason: 'How often a pod counts which rows other wrapping keys wrap; an index scan of those rows.',
  },
  noiseKeyUnneededMs: {
    value: 86_400_000,
    unit: 'milliseconds',
    reason:
      'A day after a Noise key was last asked for it is destroyed when no opt-in has a use for it: by then each enlistment is recorded or has failed.',
  },
  noiseKeySweepMs: {
    value: 3_600_000,
    unit: 'milliseconds',
    reason: 'How often Noise keys are held against the opt-ins; events destroy nearly all of them before.',
  },
  keyServiceDeadlineMs: {
    value: 1_200,
    unit: 'milliseconds',
    reason: 'One call of the key service; three with their pauses end before a service stops waiting.',
  },
  keyServiceAttempts: {
    value: 3,
    unit: 'attempts',
    reason: 'Calls of the key service for one data key; to wrap or unwrap twice is harmless.',
  },
  keyServiceBackoffMs: {
    value: 100,
    unit: 'milliseconds',
    reason: 'Wait before the second call; it doubles, with jitter.',
  },
  keyServiceFailuresInARow: {
    value: 10,
    unit: 'attempts',
    reason: 'So many calls without an answer, and the key service is left alone for a while.',
  },
  keyServicePauseMs: {
    value: 1_000,
    unit: 'milliseconds',
    reason: 'Then one call is tried; short, because nothing sealed opens meanwhile.',
  },
  keyServiceCallsInFlight: {
    value: 256,
    unit: 'items',
    reason: 'Data keys that wait for the key service at once; further ones are refused.',
  },
  keyServiceConnections: { value: 16, unit: 'connections', reason: 'Of one process to the key service.' },
  keyServiceAnswerBytes: {
    value: 8_192,
    unit: 'bytes',
    reason: 'The answer of the key service is one key, wrapped or not.',
  },
} as const satisfies Record<string, Limit>;

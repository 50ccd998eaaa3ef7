import type { Limit } from './limit.js';

/** Calls of the gatekeeper, and the wakes that they become. */
export const webhookLimits = {
  pushBodyBytes: {
    value: 2_048,
    unit: 'bytes',
    reason: 'A push call names one identifier of at most 320 characters.',
  },
  pushWaitingItems: {
    value: 2_000,
    unit: 'items',
    reason:
      'Push calls that wait to be recorded; beyond it they are refused with 503, which the caller may repeat.',
  },
  pushBatchItems: {
    value: 500,
    unit: 'items',
    reason: 'Push calls recorded with one statement, and resolved in one transaction.',
  },
  pushCoalesceMs: {
    value: 5_000,
    unit: 'milliseconds',
    reason: 'Calls about one identifier within this time make one wake; the last of them is never lost.',
  },
  pushLeaseItems: {
    value: 100,
    unit: 'items',
    reason: 'Calls of one address that a pod lets in for one question to coordination.',
  },
  pushAddresses: {
    value: 10_000,
    unit: 'items',
    reason:
      'Addresses whose calls a pod counts; at the bound the one that is counted longest is asked for anew.',
  },
  verifiedBearers: {
    value: 1_000,
    unit: 'items',
    reason:
      'Bearers that are recognised without verifying them again; the gatekeeper signs one in a second at most.',
  },
  publishedKeysBytes: {
    value: 65_536,
    unit: 'bytes',
    reason: 'The file of the keys that verify our users’ tokens.',
  },
  publishedKeys: {
    value: 32,
    unit: 'items',
    reason: 'Keys in that file: those that sign, those that will, and those whose tokens are still good.',
  },
  publishedKeysLookMs: {
    value: 1_000,
    unit: 'milliseconds',
    reason: 'How soon a replaced file is served; a key that was revoked must go at once.',
  },
  publishedKeysMaxAgeSeconds: {
    value: 300,
    unit: 'seconds',
    reason: 'How long a gatekeeper or a cache may keep the key set without asking again.',
  },
} as const satisfies Record<string, Limit>;

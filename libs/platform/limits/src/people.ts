import type { Limit } from './limit.js';

/** Users, what is kept about them, and how it is shown and erased. */
export const peopleLimits = {
  personalSubjectItems: {
    value: 500,
    unit: 'items',
    reason:
      'Names under which one request asks for what is kept about a person; more go into another request.',
  },
  personalPageItems: {
    value: 200,
    unit: 'items',
    reason: 'Records in one page of an export: far below the bound of an answer between services.',
  },
  optInsListed: {
    value: 1_000,
    unit: 'items',
    reason: 'Opt-ins of one user in one list, the oldest first; opting in is rate-limited.',
  },
  exportsInFlight: {
    value: 4,
    unit: 'items',
    reason: 'Exports that a process streams at once; each holds one page and keeps connections busy.',
  },
  exportMs: {
    value: 300_000,
    unit: 'milliseconds',
    reason: 'One export; a reader that is slower is cut off and asks again.',
  },
  erasureLeaseMs: {
    value: 60_000,
    unit: 'milliseconds',
    reason: 'Longer than one round of calls to the services; then another pod may go on.',
  },
  erasureRetryMs: {
    value: 300_000,
    unit: 'milliseconds',
    reason:
      'Wait before a service that did not confirm is asked again, and before a gatekeeper is looked at again.',
  },
  erasureSweepMs: {
    value: 5_000,
    unit: 'milliseconds',
    reason: 'How often a pod looks for erasures that are due; the look-up is one index scan.',
  },
  erasureSweepItems: { value: 4, unit: 'items', reason: 'Erasures that one pod works on at the same time.' },
  auditRetentionMs: {
    value: 31_536_000_000,
    unit: 'milliseconds',
    reason: 'A year: who did what to an account, for disputes and supervisors.',
  },
  eligibilitySweepMs: {
    value: 3_600_000,
    unit: 'milliseconds',
    reason: 'How often absences are held against the policies; they are counted in days.',
  },
  eligibilitySweepItems: {
    value: 100,
    unit: 'items',
    reason: 'Users whose absence is looked at in one batch.',
  },
} as const satisfies Record<string, Limit>;

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
  pushResolveMs: {
    value: 100,
    unit: 'milliseconds',
    reason: 'How long calls are gathered before they are resolved together; a person does not notice it.',
  },
  pushCoalesceMs: {
    value: 5_000,
    unit: 'milliseconds',
    reason: 'Calls about one identifier within this time make one wake; the last of them is never lost.',
  },
  pushResolutionRetentionMs: {
    value: 60_000,
    unit: 'milliseconds',
    reason:
      'How long it is kept that calls about an identifier were resolved: longer than calls are gathered.',
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
  upstreamProbeMs: {
    value: 5_000,
    unit: 'milliseconds',
    reason:
      'A gatekeeper that takes a connected device for offline must answer a ping by then, or we log in again.',
  },
  wakeSpacingMs: {
    value: 5_000,
    unit: 'milliseconds',
    reason: 'Least time between two urgent wakes of a device for one gatekeeper.',
  },
  wakeSpacingLaterMs: {
    value: 3_600_000,
    unit: 'milliseconds',
    reason: 'Least time between two wakes that are not urgent, such as reminders; push services count them.',
  },
  wakeSpreadMs: {
    value: 60_000,
    unit: 'milliseconds',
    reason: 'Wakes that are not urgent are spread over this time, so that a day’s reminders are no burst.',
  },
  wakesAtOnce: {
    value: 32,
    unit: 'items',
    reason: 'Wakes that a pod sends at the same time.',
  },
  wakeLookMs: {
    value: 5_000,
    unit: 'milliseconds',
    reason: 'How often a pod looks for wakes that are due, beside those that it is told of.',
  },
  wakeDeadlineMs: {
    value: 5_000,
    unit: 'milliseconds',
    reason: 'One call of the provider’s webhook or of a push service.',
  },
  wakeLeaseMs: {
    value: 30_000,
    unit: 'milliseconds',
    reason: 'A wake whose pod dies while sending it is sent by another one after this.',
  },
  wakeRetryMinMs: {
    value: 5_000,
    unit: 'milliseconds',
    reason:
      'Wait before a wake that failed is sent again; it doubles, and up to half of it is left to chance.',
  },
  wakeRetryMaxMs: { value: 1_800_000, unit: 'milliseconds', reason: 'Longest such wait.' },
  wakeAttempts: {
    value: 24,
    unit: 'attempts',
    reason:
      'Half a day of a push service that is away; then the wake is dead until the gatekeeper calls again.',
  },
  wakeRetentionMs: {
    value: 604_800_000,
    unit: 'milliseconds',
    reason: '7 days; then the outcome of a device’s last wake is forgotten.',
  },
  webPushTtlSeconds: {
    value: 86_400,
    unit: 'seconds',
    reason: 'How long a push service keeps a wake for a device that it does not reach.',
  },
} as const satisfies Record<string, Limit>;

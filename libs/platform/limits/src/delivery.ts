import type { Limit } from './limit.js';

/** Commands, mailboxes, presence and events between the services and the devices. */
export const deliveryLimits = {
  commandDeadlineMs: {
    value: 30_000,
    unit: 'milliseconds',
    reason: 'A command that was not carried out by then is refused.',
  },
  queryDeadlineMs: { value: 10_000, unit: 'milliseconds', reason: 'Somebody waits for the answer.' },
  queryCoalesceMs: {
    value: 30_000,
    unit: 'milliseconds',
    reason: 'The same query about the same peer is asked once in this time.',
  },
  queryCoalesceItems: {
    value: 128,
    unit: 'items',
    reason: 'Answers that a session remembers for that; more than a device may ask for in the time.',
  },
  acknowledgementDeadlineMs: {
    value: 20_000,
    unit: 'milliseconds',
    reason:
      'A stanza not acknowledged by then makes the session log in again, so that the gatekeeper redelivers.',
  },
  unackedWindowItems: {
    value: 256,
    unit: 'items',
    reason: 'Messages sent to a device and not acknowledged; at the bound sending waits.',
  },
  deviceCommandsInFlight: {
    value: 64,
    unit: 'items',
    reason: 'Commands of one device without an outcome; beyond it they are refused as too many.',
  },
  mailboxItems: {
    value: 10_000,
    unit: 'items',
    reason: 'Undelivered items of one device in the durable mailbox.',
  },
  mailboxBytes: {
    value: 67_108_864,
    unit: 'bytes',
    reason: 'Undelivered bytes of one device in the durable mailbox.',
  },
  mailboxPageItems: {
    value: 100,
    unit: 'items',
    reason: 'Items read at once, so that a full mailbox does not fill memory.',
  },
  mailboxRetentionMs: {
    value: 2_592_000_000,
    unit: 'milliseconds',
    reason: '30 days, the inactivity clock of the gatekeepers; then an item expires with a recorded reason.',
  },
  ephemeralMailboxItems: {
    value: 1_024,
    unit: 'items',
    reason: 'Four windows of unacknowledged messages; the gatekeeper keeps the rest.',
  },
  ephemeralMailboxBytes: {
    value: 8_388_608,
    unit: 'bytes',
    reason: 'Sealed items of one connection; memory of the engine, so small.',
  },
  ephemeralMailboxItemBytes: {
    value: 393_216,
    unit: 'bytes',
    reason: 'One sealed stanza with its envelope.',
  },
  ephemeralMailboxIdleMs: {
    value: 600_000,
    unit: 'milliseconds',
    reason: 'A mailbox that nobody touches, because its pod died, disappears by itself.',
  },
  presenceLeaseMs: {
    value: 8_000,
    unit: 'milliseconds',
    reason: 'A pod that did not renew by then counts as gone, with all its sockets.',
  },
  presenceRenewMs: {
    value: 2_000,
    unit: 'milliseconds',
    reason: 'Three renewals may fail before the lease is lost.',
  },
  presenceEntriesPerPartition: {
    value: 20_000,
    unit: 'items',
    reason: 'Far above the sessions of one partition; keeps a fault from filling the engine.',
  },
  presenceIndexGraceMs: {
    value: 60_000,
    unit: 'milliseconds',
    reason:
      'An index entry whose session is unknown is removed at this age, when no writer can be between its two steps.',
  },
  presenceEpochIdleMs: {
    value: 2_592_000_000,
    unit: 'milliseconds',
    reason: 'An epoch is forgotten when its session was not connected for 30 days.',
  },
  presenceRestoreItems: {
    value: 500,
    unit: 'items',
    reason: 'Entries put back at once after the index was lost; other calls get their turn in between.',
  },
  presenceRestoreJitterMs: {
    value: 500,
    unit: 'milliseconds',
    reason: 'Pods do not all begin to put their entries back at the same moment.',
  },
  presenceRebuildMs: {
    value: 15_000,
    unit: 'milliseconds',
    reason:
      'After the index was lost the absence of a device means nothing for so long; its pod puts it back within 10 seconds.',
  },
  closeAfterCleanDisconnectMs: {
    value: 5_000,
    unit: 'milliseconds',
    reason: 'Upstream closes after the device closed its connection, also when nobody says so.',
  },
  closeAfterLostLeaseMs: {
    value: 15_000,
    unit: 'milliseconds',
    reason: 'Upstream closes after the lease of the device’s pod was lost.',
  },
  closeWithoutCoordinationMs: {
    value: 30_000,
    unit: 'milliseconds',
    reason: 'Upstream closes when presence cannot be read.',
  },
  revocationReadMs: {
    value: 2_000,
    unit: 'milliseconds',
    reason: 'How often the revocation epoch is read; a lost broadcast costs at most this.',
  },
  revocationBlindMs: {
    value: 30_000,
    unit: 'milliseconds',
    reason: 'New sends are denied when the revocation epoch cannot be read.',
  },
  revocationPageItems: {
    value: 1_000,
    unit: 'items',
    reason: 'Revocations read at once; of more, the rights of every connected device are read again.',
  },
  revocationRetentionMs: {
    value: 86_400_000,
    unit: 'milliseconds',
    reason: 'No pod goes so long without reading revocations.',
  },
  sweepMs: { value: 30_000, unit: 'milliseconds', reason: 'A lost doorbell costs at most this.' },
  signalBytes: { value: 8_192, unit: 'bytes', reason: 'Doorbells and broadcasts carry ids, not content.' },
  coordinationKeyCharacters: {
    value: 512,
    unit: 'characters',
    reason: 'Session keys, pod ids, channels and rate-limit keys are short.',
  },
  coordinationCommandMs: {
    value: 2_000,
    unit: 'milliseconds',
    reason: 'One call to the coordination engine; longer means unreachable.',
  },
  coordinationWaitingItems: {
    value: 1_000,
    unit: 'items',
    reason: 'Calls that wait for the connection to the coordination engine; beyond it they fail at once.',
  },
  coordinationCallsInFlight: {
    value: 5_000,
    unit: 'items',
    reason: 'Calls that the coordination engine has not answered; beyond it they fail at once.',
  },
  coordinationFailuresInARow: {
    value: 20,
    unit: 'attempts',
    reason: 'So many calls in a row without an answer, and no more are made for a while.',
  },
  coordinationCircuitPauseMs: {
    value: 1_000,
    unit: 'milliseconds',
    reason: 'Then one call is tried; short, because leases end after 8 seconds.',
  },
  memoryCoordinationEntries: {
    value: 100_000,
    unit: 'items',
    reason: 'Entries of each kind in the memory engine of one process.',
  },
  eventBytes: {
    value: 524_288,
    unit: 'bytes',
    reason: 'One event; below the usual message bound of brokers with room for headers.',
  },
  eventBatchItems: { value: 500, unit: 'items', reason: 'Events read or produced at once.' },
  eventQueueItems: {
    value: 1_000,
    unit: 'items',
    reason: 'Events of one consumer that wait for their handler; at the bound the partition is paused.',
  },
  inboxRetentionMs: {
    value: 2_678_400_000,
    unit: 'milliseconds',
    reason:
      '31 days: longer than any topic keeps an event, and than a gatekeeper keeps an undelivered stanza (30 days).',
  },
  pushRetentionMs: {
    value: 604_800_000,
    unit: 'milliseconds',
    reason: '7 days; a call of the gatekeeper that could not be resolved is of no use any more.',
  },
  inboxClaimItems: { value: 1_000, unit: 'items', reason: 'Ids claimed with one statement.' },
  rowSweepMs: {
    value: 300_000,
    unit: 'milliseconds',
    reason: 'How often expired rows are removed; nobody is given them any more before that.',
  },
  sweepBatchItems: {
    value: 2_000,
    unit: 'items',
    reason: 'Rows removed in one transaction: short locks, and a statement far below its deadline.',
  },
  outboxBatchItems: { value: 500, unit: 'items', reason: 'Outbox rows drained at once.' },
  parkedLaneItems: {
    value: 1_000,
    unit: 'items',
    reason: 'Parked events of one key; beyond it further ones become dead letters out of their order.',
  },
  parkedLanesPerPartition: {
    value: 1_000,
    unit: 'items',
    reason:
      'Parked keys of one partition; beyond it an event that fails becomes a dead letter and its key goes on.',
  },
  parkedRetryMinMs: {
    value: 10_000,
    unit: 'milliseconds',
    reason: 'Wait before a parked event is tried again; it doubles from try to try.',
  },
  parkedRetryMaxMs: {
    value: 1_800_000,
    unit: 'milliseconds',
    reason: 'Longest wait between two tries of a parked event.',
  },
  parkedRetryRounds: {
    value: 24,
    unit: 'attempts',
    reason: 'About nine hours, a night without anybody; then the event waits for an operator.',
  },
  parkedPollMs: {
    value: 2_000,
    unit: 'milliseconds',
    reason: 'How often a pod looks for parked events that are due; a fifth of the shortest wait.',
  },
  parkedRetentionMs: {
    value: 2_592_000_000,
    unit: 'milliseconds',
    reason: 'As the mailbox: then a parked event is removed with a counted reason.',
  },
} as const satisfies Record<string, Limit>;

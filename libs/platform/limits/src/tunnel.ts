import type { Limit } from './limit.js';

/** What passes between a device and its gatekeeper's chat server through `/tunnel`, which is relayed and not read. */
export const tunnelLimits = {
  tunnelsPerPod: {
    value: 4_000,
    unit: 'connections',
    reason: 'Two sockets each; with the largest unfinished message from every device they take a gigabyte.',
  },
  tunnelsPerDevice: {
    value: 1,
    unit: 'connections',
    reason: 'For one gatekeeper, over all pods: a new one replaces the older.',
  },
  tunnelsPerAddress: {
    value: 512,
    unit: 'connections',
    reason:
      'From one network address at one pod: a mobile network hides many users behind one, one attacker is not many.',
  },
  tunnelDeviceMessageBytes: {
    value: 262_144,
    unit: 'bytes',
    reason: 'One message of a device: its largest is a prekey upload below 64 KiB; media do not go this way.',
  },
  tunnelGatekeeperMessageBytes: {
    value: 2_097_152,
    unit: 'bytes',
    reason: 'One message of the gatekeeper: it may hold several frames, but no more than two of the largest.',
  },
  tunnelBufferedBytes: {
    value: 262_144,
    unit: 'bytes',
    reason: 'Bytes that wait for one side to take them; from here on nothing more is read from the other.',
  },
  tunnelBytesPerSecond: {
    value: 262_144,
    unit: 'bytes',
    reason:
      'In each direction, lasting; faster senders are read more slowly. Text and keys need a hundredth.',
  },
  tunnelBurstBytes: {
    value: 4_194_304,
    unit: 'bytes',
    reason: 'In each direction, at once: the backlog of a month of text.',
  },
  tunnelConnectMs: {
    value: 10_000,
    unit: 'milliseconds',
    reason: 'To reach the gatekeeper, TLS and upgrade with it; the device waits so long for its own upgrade.',
  },
  tunnelFirstMessageMs: {
    value: 10_000,
    unit: 'milliseconds',
    reason: 'Until the device’s first whole message: a handshake that drips is not waited for.',
  },
  tunnelProvenMs: {
    value: 3_000,
    unit: 'milliseconds',
    reason:
      'A tunnel that has carried messages both ways and stands after this time counts as a connection: a gatekeeper ends a refused login at once.',
  },
  tunnelIdleMs: {
    value: 300_000,
    unit: 'milliseconds',
    reason: 'Without a whole message in either direction; clients of the wire ping every half minute.',
  },
  tunnelStalledMs: {
    value: 60_000,
    unit: 'milliseconds',
    reason: 'A side that takes nothing for so long while something waits for it has gone.',
  },
  tunnelLifeMs: {
    value: 86_400_000,
    unit: 'milliseconds',
    reason: 'Then the device comes again with new tokens, and its day counts as a day on which it connected.',
  },
  tunnelDeletionMs: {
    value: 60_000,
    unit: 'milliseconds',
    reason: 'The life of a tunnel that may only ask for the deletion: a login and one query.',
  },
  tunnelDeletionBytes: {
    value: 65_536,
    unit: 'bytes',
    reason: 'In each direction of a tunnel that may only ask for the deletion.',
  },
  tunnelLookMs: {
    value: 1_000,
    unit: 'milliseconds',
    reason: 'How often the times of each tunnel are looked at, and whether rights can still be read.',
  },
  tunnelCloseMs: {
    value: 5_000,
    unit: 'milliseconds',
    reason: 'How long the other side has to answer a close before it is cut off.',
  },
} as const satisfies Record<string, Limit>;

import type { Limit } from './limit.js';

/** Prekeys, identities and media. */
export const keyLimits = {
  prekeyBatchItems: {
    value: 812,
    unit: 'items',
    reason: 'First upload of one-time prekeys to a gatekeeper, as its own clients do it.',
  },
  prekeyPoolItems: { value: 1_000, unit: 'items', reason: 'Unused one-time prekeys of one device and pool.' },
  prekeyLowItems: { value: 20, unit: 'items', reason: 'At or below it the device is asked for more.' },
  prekeyRefillMs: {
    value: 60_000,
    unit: 'milliseconds',
    reason: 'A refill that was asked for is not asked for again before; the gatekeeper repeats its warnings.',
  },
  prekeyUploadRetryMaxMs: {
    value: 610_000,
    unit: 'milliseconds',
    reason:
      'Longest wait after an upload that came to nothing, as of the gatekeeper’s own clients; each further one costs a batch.',
  },
  prekeyRecountMs: {
    value: 600_000,
    unit: 'milliseconds',
    reason: 'So soon after a refill a warning may be old: the gatekeeper is asked how many it has.',
  },
  prekeyDigestMs: {
    value: 86_400_000,
    unit: 'milliseconds',
    reason: 'How often a session asks which keys the gatekeeper holds.',
  },
  signedPrekeyRestMs: {
    value: 86_400_000,
    unit: 'milliseconds',
    reason:
      'After a gatekeeper refused a signed prekey it is given none for so long, as by its own clients after an error of its own.',
  },
  signedPrekeyBusyMs: {
    value: 3_600_000,
    unit: 'milliseconds',
    reason: 'The same after a rate limit.',
  },
  prekeyDigestItems: {
    value: 4_096,
    unit: 'items',
    reason: 'One-time prekeys that a gatekeeper may say it holds: five uploads.',
  },
  recentAuthenticationSeconds: {
    value: 300,
    unit: 'seconds',
    reason: 'Age of the authentication that replacing the interop device needs.',
  },
  identifiersPerUser: { value: 5, unit: 'items', reason: 'E-mail addresses, phone numbers and a user name.' },
  devicesPerUser: { value: 10, unit: 'items', reason: 'Installations of the provider’s app.' },
  mediaChunkBytes: { value: 8_388_608, unit: 'bytes', reason: 'One part of a resumable upload.' },
  mediaUnfinishedItems: {
    value: 16,
    unit: 'items',
    reason: 'Uploads of one device that are not complete; beyond it new ones are refused.',
  },
  mediaUnfinishedBytes: {
    value: 419_430_400,
    unit: 'bytes',
    reason: 'Announced bytes of one device’s incomplete uploads: four of the largest.',
  },
  mediaUnfinishedMs: {
    value: 21_600_000,
    unit: 'milliseconds',
    reason: 'An upload not completed six hours after it began is given up.',
  },
  mediaUploadsInFlight: {
    value: 32,
    unit: 'items',
    reason: 'Uploads that a process receives at once; each may hold one part in memory.',
  },
  mediaDownloadsInFlight: {
    value: 512,
    unit: 'items',
    reason: 'Blobs that a process serves at once; each holds a file or a connection to the blob store.',
  },
  mediaRelaysInFlight: {
    value: 32,
    unit: 'items',
    reason: 'Files of the gatekeeper that a process relays at once: its connections to one host.',
  },
  mediaTransferMs: {
    value: 900_000,
    unit: 'milliseconds',
    reason: 'One request of a media transfer; the largest file at 1 Mbit/s, and an upload can be resumed.',
  },
  mediaSegments: {
    value: 2_000,
    unit: 'items',
    reason: 'Parts of one blob; a client that uploads byte by byte reaches it, others never do.',
  },
  mediaSweepMs: {
    value: 60_000,
    unit: 'milliseconds',
    reason: 'How often expired blobs are looked for; they cannot be read any more before that.',
  },
  mediaSweepItems: { value: 100, unit: 'items', reason: 'Blobs removed in one go.' },
  mediaIdleMs: {
    value: 30_000,
    unit: 'milliseconds',
    reason: 'A media transfer that moves no byte for this long is cut.',
  },
} as const satisfies Record<string, Limit>;

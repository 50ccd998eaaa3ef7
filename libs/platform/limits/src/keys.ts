import type { Limit } from './limit.js';

/** Prekeys, tokens and media. */
export const keyLimits = {
  prekeyBatchItems: {
    value: 812,
    unit: 'items',
    reason: 'First upload of one-time prekeys to a gatekeeper, as its own clients do it.',
  },
  prekeyUploadItems: {
    value: 100,
    unit: 'items',
    reason:
      'One-time prekeys in one upload to the native pool; each is verified, which costs processor time.',
  },
  prekeyPoolItems: { value: 1_000, unit: 'items', reason: 'Unused one-time prekeys of one device and pool.' },
  prekeyLowItems: { value: 20, unit: 'items', reason: 'At or below it the device is asked for more.' },
  prekeyIdMax: { value: 16_777_215, unit: 'items', reason: 'Ids are three bytes on the wire.' },
  gatekeeperTokenSeconds: {
    value: 300,
    unit: 'seconds',
    reason: 'A token minted for the gatekeeper; it is used at once.',
  },
  tokenCacheItems: {
    value: 10_000,
    unit: 'items',
    reason: 'Minted tokens kept in memory at accounts until they expire.',
  },
  recentAuthenticationSeconds: {
    value: 300,
    unit: 'seconds',
    reason: 'Age of the authentication that replacing the interop device needs.',
  },
  identifiersPerUser: { value: 5, unit: 'items', reason: 'E-mail addresses, phone numbers and a user name.' },
  devicesPerUser: { value: 10, unit: 'items', reason: 'Installations of the provider’s app.' },
  mediaObjectBytes: {
    value: 104_857_600,
    unit: 'bytes',
    reason: 'An encrypted blob; the published bound for documents.',
  },
  mediaChunkBytes: { value: 8_388_608, unit: 'bytes', reason: 'One part of a resumable upload.' },
  mediaIdleMs: {
    value: 30_000,
    unit: 'milliseconds',
    reason: 'A media transfer that moves no byte for this long is cut.',
  },
  mediaRetentionMs: {
    value: 2_592_000_000,
    unit: 'milliseconds',
    reason: '30 days; the peer downloads soon after the message.',
  },
} as const satisfies Record<string, Limit>;

import type { RateLimit } from './limit.js';

const perMinute = 1 / 60;
const perHour = 1 / 3_600;

/**
 * Every token bucket of the system. What protects keys, money or an identity fails closed; what only smooths load on the
 * way of messages fails open, because denying a message costs more than a burst.
 */
export const rateLimits = {
  optIn: {
    name: 'optIn',
    capacity: 5,
    refillPerSecond: 5 * perHour,
    failOpen: false,
    reason: 'Opt-ins of one user; each is an enlistment with the gatekeeper.',
  },
  deviceRegistration: {
    name: 'deviceRegistration',
    capacity: 10,
    refillPerSecond: 10 * perHour,
    failOpen: false,
    reason: 'New devices of one user.',
  },
  tokenMinting: {
    name: 'tokenMinting',
    capacity: 20,
    refillPerSecond: 20 * perMinute,
    failOpen: false,
    reason: 'Tokens for one session; minting is impersonation.',
  },
  serviceTokenUse: {
    name: 'serviceTokenUse',
    capacity: 1,
    refillPerSecond: 1 / 300,
    failOpen: false,
    reason: 'Uses of one service token where it opens once: for longer than a token can be valid.',
  },
  prekeyUpload: {
    name: 'prekeyUpload',
    capacity: 10,
    refillPerSecond: 10 * perMinute,
    failOpen: false,
    reason: 'Uploads of one device; each signature is verified.',
  },
  probesPerDevice: {
    name: 'probesPerDevice',
    capacity: 1,
    refillPerSecond: 1 / 5,
    failOpen: true,
    reason: 'Probes of a connected device’s session: calls of the gatekeeper within 5 seconds make one.',
  },
  webPushRegistration: {
    name: 'webPushRegistration',
    capacity: 10,
    refillPerSecond: 10 * perHour,
    failOpen: false,
    reason: 'Registrations of one device for Web Push; each is an address that we will call.',
  },
  socketConnect: {
    name: 'socketConnect',
    capacity: 20,
    refillPerSecond: 20 * perMinute,
    failOpen: true,
    reason: 'Connections of one device.',
  },
  tunnelConnect: {
    name: 'tunnelConnect',
    capacity: 20,
    refillPerSecond: 20 * perMinute,
    failOpen: true,
    reason: 'Tunnels that one device opens; each is a connection to the gatekeeper, which sees it as ours.',
  },
  peerQuery: {
    name: 'peerQuery',
    capacity: 30,
    refillPerSecond: 30 * perMinute,
    failOpen: false,
    reason: 'Look-ups of one user at the gatekeeper, which sees them as ours.',
  },
  mediaUpload: {
    name: 'mediaUpload',
    capacity: 30,
    refillPerSecond: 30 * perMinute,
    failOpen: true,
    reason: 'Uploads of one device.',
  },
  mediaRelay: {
    name: 'mediaRelay',
    capacity: 60,
    refillPerSecond: 1,
    failOpen: true,
    reason: 'Files of the gatekeeper that one device fetches; a backlog of photos comes in a burst.',
  },
  mediaFetchAddress: {
    name: 'mediaFetchAddress',
    capacity: 300,
    refillPerSecond: 50,
    failOpen: true,
    reason: 'Public media fetches from one IPv4 address or IPv6 network of 64 bits; the gatekeeper has few.',
  },
  pushCall: {
    name: 'pushCall',
    capacity: 10_000,
    refillPerSecond: 2_000,
    failOpen: true,
    reason:
      'Push calls from one IPv4 address or IPv6 network of 64 bits, counted before their signature is verified: a flood of forged ones costs an eighth of a core. The gatekeeper has few addresses.',
  },
} as const satisfies Record<string, RateLimit>;

export type RateLimitName = keyof typeof rateLimits;

import type { Limit } from './limit.js';

/** What may come from or go to a gatekeeper's chat server. */
export const wireLimits = {
  noiseFrameBytes: {
    value: 1_048_576,
    unit: 'bytes',
    reason: 'Below the 16 MiB that three length bytes can say: no stanza of ours comes near.',
  },
  noiseHandshakeBytes: {
    value: 16_384,
    unit: 'bytes',
    reason:
      'A frame before the other side is authenticated: its hello with certificates takes less than 1 KiB.',
  },
  upstreamConnectMs: {
    value: 20_000,
    unit: 'milliseconds',
    reason: 'From dialling to the end of the handshake; the public clients wait as long.',
  },
  upstreamLoginMs: {
    value: 20_000,
    unit: 'milliseconds',
    reason: 'From the end of the handshake to the answer to the login.',
  },
  upstreamPingMinMs: {
    value: 25_000,
    unit: 'milliseconds',
    reason:
      'A ping follows the last one after this time at least: the upper part of what the public clients do (15 to 30 s), since pings are most of what an idle session costs.',
  },
  upstreamPingMaxMs: { value: 30_000, unit: 'milliseconds', reason: 'And after this time at most.' },
  upstreamDeadSocketMs: {
    value: 20_000,
    unit: 'milliseconds',
    reason: 'Silence of a gatekeeper that was asked for something; then the connection counts as dead.',
  },
  upstreamCloseMs: {
    value: 2_000,
    unit: 'milliseconds',
    reason: 'How long a closing connection waits for the gatekeeper’s part.',
  },
  upstreamSendBufferBytes: {
    value: 4_194_304,
    unit: 'bytes',
    reason:
      'Written for one gatekeeper connection and not yet taken by the kernel; beyond it a send is refused.',
  },
  noiseAgreementMs: {
    value: 5_000,
    unit: 'milliseconds',
    reason: 'A device’s answer with its Noise key; far below what a gatekeeper waits in a handshake, 20 s.',
  },
  noiseAgreementsPerHour: {
    value: 60,
    unit: 'items',
    reason: 'Agreements that a session asks its device for; more than its back-off lets it log in.',
  },
  stanzaBytes: {
    value: 262_144,
    unit: 'bytes',
    reason:
      'One stanza, inflated; larger ones are refused with a negative acknowledgement. A prekey upload of 812 takes a fifth.',
  },
  stanzaElements: {
    value: 10_000,
    unit: 'items',
    reason: 'Elements of one stanza; a prekey upload of 812 has 2,500.',
  },
  stanzaCiphertextBytes: {
    value: 196_608,
    unit: 'bytes',
    reason:
      'One received ciphertext: in base64, sealed and in base64 again it must fit an item of the ephemeral mailbox.',
  },
  stanzaDepth: { value: 32, unit: 'levels', reason: 'Nesting of a stanza; known ones stay below 10.' },
  stanzaAttributes: {
    value: 64,
    unit: 'items',
    reason: 'Attributes of one element; known ones stay below 20.',
  },
  upstreamQueueItems: {
    value: 512,
    unit: 'items',
    reason: 'Commands that wait for one upstream connection to open; beyond it they are refused.',
  },
  upstreamUnackedStanzas: {
    value: 256,
    unit: 'items',
    reason:
      'Stanzas handed to the device and not acknowledged by it; at the bound reading from the gatekeeper stops.',
  },
  upstreamSessionsPerPod: {
    value: 10_000,
    unit: 'connections',
    reason: 'Upstream connections of one process, below the usual bound of file descriptors.',
  },
  upstreamQueriesInFlight: {
    value: 64,
    unit: 'items',
    reason:
      'Queries of one session that wait for an answer: as many as a device may have commands under way.',
  },
  upstreamStanzasInFlight: {
    value: 256,
    unit: 'items',
    reason: 'Received stanzas of one connection whose handling has not ended; at the bound reading stops.',
  },
  ownershipDoubtMs: {
    value: 15_000,
    unit: 'milliseconds',
    reason:
      'How long a stanza waits for the pod to be sure that the session is its own: a rebalance of the group takes 10 seconds at most.',
  },
  ownershipHandoverMs: {
    value: 2_000,
    unit: 'milliseconds',
    reason:
      'How long a new owner waits for the one before to close its connections; one that is dead never does, and a device is to be back within seconds.',
  },
  sessionRowsFlushMs: {
    value: 1_000,
    unit: 'milliseconds',
    reason: 'How long states of sessions wait to be written together; operators look at them, nobody else.',
  },
  sessionRowsItems: { value: 500, unit: 'items', reason: 'States of sessions written with one statement.' },
  edgeRoutingBytes: {
    value: 1_024,
    unit: 'bytes',
    reason: 'What a gatekeeper wants to be told before the next login; known ones are shorter.',
  },
  upstreamReloginsPerHour: {
    value: 3,
    unit: 'attempts',
    reason: 'Logins after `replaced`; beyond it the session is contested.',
  },
  upstreamFreshTokensPerHour: {
    value: 4,
    unit: 'attempts',
    reason:
      'Tokens of one session that are minted anew because the gatekeeper took none before; beyond it the session waits.',
  },
  upstreamRestartsPerHour: {
    value: 6,
    unit: 'attempts',
    reason:
      'Logins at once because the gatekeeper asked for it; beyond it the session waits as after a loss.',
  },
  upstreamLoginBackOffMaxMs: {
    value: 900_000,
    unit: 'milliseconds',
    reason: 'Longest wait between two logins that fail, as of the gatekeeper’s own clients.',
  },
  upstreamPauseMs: {
    value: 3_600_000,
    unit: 'milliseconds',
    reason: 'A ban for a time that the gatekeeper did not say; then one login is tried.',
  },
  upstreamPauseMaxMs: {
    value: 86_400_000,
    unit: 'milliseconds',
    reason: 'Longest wait after a ban for a time: one login a day tells whether it still stands.',
  },
  upstreamLoginBurst: {
    value: 100,
    unit: 'attempts',
    reason: 'Logins that a pod begins at once; the others wait for their turn.',
  },
  upstreamLoginsPerSecond: {
    value: 100,
    unit: 'attempts',
    reason: 'Logins that a pod begins in a second: a quarter of a core for their cryptography.',
  },
} as const satisfies Record<string, Limit>;

import type { Limit } from './limit.js';

/** What devices, the provider's backend and the gatekeeper may send over HTTP and WebSocket. */
export const edgeLimits = {
  statementMs: {
    value: 10_000,
    unit: 'milliseconds',
    reason: 'One SQL statement of a service; enforced by the database too.',
  },
  httpBodyBytes: {
    value: 65_536,
    unit: 'bytes',
    reason: 'The largest JSON body is an upload of 812 one-time prekeys, with 58 KB.',
  },
  httpHeaderBytes: { value: 16_384, unit: 'bytes', reason: 'An access token of 8 KiB and ordinary headers.' },
  httpRequestMs: {
    value: 30_000,
    unit: 'milliseconds',
    reason: 'Time to receive a whole request; slow senders give their connection back.',
  },
  httpHeadersMs: { value: 10_000, unit: 'milliseconds', reason: 'Time to receive the headers.' },
  httpKeepAliveMs: {
    value: 65_000,
    unit: 'milliseconds',
    reason:
      'Longer than the idle time of common load balancers, so that they and not we close idle connections.',
  },
  httpConnections: {
    value: 10_000,
    unit: 'connections',
    reason: 'Open connections of one HTTP server; beyond it new ones are dropped.',
  },
  http2Streams: {
    value: 100,
    unit: 'items',
    reason: 'Requests at the same time on one HTTP/2 connection; the least that RFC 9113 advises.',
  },
  http2HeaderItems: {
    value: 100,
    unit: 'items',
    reason: 'Headers of one request over HTTP/2, the four that stand for the request line included.',
  },
  http2SessionBytes: {
    value: 10_000_000,
    unit: 'bytes',
    reason:
      'What one HTTP/2 connection may make us keep: header tables, streams, frames that wait to be sent.',
  },
  http2InvalidFrames: {
    value: 100,
    unit: 'items',
    reason: 'Invalid frames, and streams that we refused, after which an HTTP/2 connection is cut.',
  },
  http2ResetItems: {
    value: 200,
    unit: 'items',
    reason:
      'Requests of one HTTP/2 connection that are taken back at once: all that may be under way, twice; then it is cut.',
  },
  http2ResetsPerSecond: {
    value: 20,
    unit: 'items',
    reason: 'How many more may be taken back in a second after that.',
  },
  http2SessionMs: {
    value: 600_000,
    unit: 'milliseconds',
    reason: 'An HTTP/2 connection is renewed after this, however busy; requests under way end first.',
  },
  httpRequestsPerSocket: {
    value: 1_000,
    unit: 'items',
    reason: 'Connections are renewed now and then, so that load spreads over new pods.',
  },
  httpParamCharacters: {
    value: 256,
    unit: 'characters',
    reason: 'Longest path parameter: ids, with room for an encoded identifier.',
  },
  requestIdCharacters: {
    value: 64,
    unit: 'characters',
    reason: 'A request id taken over from a trusted proxy.',
  },
  accessTokenBytes: { value: 8_192, unit: 'bytes', reason: 'Tokens are bounded before they are parsed.' },
  jwksBodyBytes: { value: 65_536, unit: 'bytes', reason: 'Key sets of identity providers have a few keys.' },
  jwksRefetchMs: {
    value: 30_000,
    unit: 'milliseconds',
    reason: 'Tokens with unknown key ids cause at most one fetch in this time.',
  },
  jwksMaxAgeMs: {
    value: 600_000,
    unit: 'milliseconds',
    reason: 'Key sets are read again at this age; the last good one stays in use when that fails.',
  },
  tokenClockToleranceSeconds: {
    value: 30,
    unit: 'seconds',
    reason: 'Clock difference between us and the issuer of a token.',
  },
  settingsReloadMs: {
    value: 5_000,
    unit: 'milliseconds',
    reason: 'How soon a key or certificate that was replaced in its file is in use.',
  },
  certificateWarningSeconds: {
    value: 1_209_600,
    unit: 'seconds',
    reason: 'From when on a certificate that ends is warned of: time enough to order and mount another.',
  },
  serviceTokenSeconds: {
    value: 60,
    unit: 'seconds',
    reason: 'A service token is minted for each use or shortly before it.',
  },
  socketFrameBytes: {
    value: 131_072,
    unit: 'bytes',
    reason: 'One command of a device with the largest stanza content in base64.',
  },
  socketsPerDevice: { value: 1, unit: 'connections', reason: 'A new connection replaces the older one.' },
  socketsPerPod: {
    value: 15_000,
    unit: 'connections',
    reason: 'What one process carries below the usual bound of file descriptors.',
  },
  socketBufferedBytes: {
    value: 1_048_576,
    unit: 'bytes',
    reason: 'A device that stops reading is closed; its mailbox keeps what is undelivered.',
  },
  socketHandshakeMs: {
    value: 10_000,
    unit: 'milliseconds',
    reason: 'Time from the upgrade to an authenticated connection.',
  },
  socketPingMs: {
    value: 30_000,
    unit: 'milliseconds',
    reason: 'Interval of pings; two unanswered ones close the connection.',
  },
  egressResponseBytes: {
    value: 1_048_576,
    unit: 'bytes',
    reason: 'Answers of identity providers and gatekeepers outside media.',
  },
  egressDeadlineMs: {
    value: 10_000,
    unit: 'milliseconds',
    reason: 'An outbound request, from connecting to the last byte.',
  },
  egressConnectMs: {
    value: 5_000,
    unit: 'milliseconds',
    reason: 'Name lookup, TCP and TLS of an outbound request.',
  },
  egressConnectionsPerHost: {
    value: 32,
    unit: 'connections',
    reason: 'A slow host must not take all sockets of the process.',
  },
  internalDeadlineMs: { value: 5_000, unit: 'milliseconds', reason: 'One call from service to service.' },
  internalResponseBytes: {
    value: 1_048_576,
    unit: 'bytes',
    reason: 'Answers between services are small records and pages.',
  },
  readinessCheckMs: {
    value: 2_000,
    unit: 'milliseconds',
    reason: 'A dependency that does not answer by then counts as unavailable.',
  },
} as const satisfies Record<string, Limit>;

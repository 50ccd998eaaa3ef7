const [kibi, mebi] = [1024, 1024 * 1024];
const day = 86_400_000;

/** Every bound of the server half; a test may set its own. */
export const defaultLimits = {
  /** WebSocket connections at once. */
  connections: 2000,
  /** One frame, and what a compressed one may unpack to. */
  frameBytes: mebi,
  /** Frames that wait to be handled before the socket is paused. */
  inboxFrames: 256,
  /** Unsent bytes after which a reader counts as stuck. */
  unsentBytes: 16 * mebi,
  handshakeMs: 20_000,
  /** Silence after which a connection is closed; clients ping every 25 to 30 seconds. */
  idleMs: 90_000,
  /** Stanzas that a connection may send at once, and then in a second; beyond it the stream ends. */
  stanzaBurst: 5_000,
  stanzasPerSecond: 1_000,
  /** How long a stanza that was sent may stay unsettled; then the stream ends, so that the client fetches it again. */
  settleMs: 60_000,
  accounts: 10_000,
  /** Undelivered stanzas of one account. */
  queuedStanzas: 10_000,
  queuedForMs: 30 * day,
  /** An account that did not connect for so long is removed. */
  inactivityMs: 30 * day,
  preKeys: 4096,
  lowPreKeys: 5,
  blocked: 1000,
  /** Local users that are told when an account's peer changes its identity. */
  peers: 4096,
  /** Ids of messages by which a message sent again is recognised. */
  rememberedMessages: 1024,
  identifierLength: 256,
  tokenBytes: 4096,
  enlistmentBytes: 16 * kibi,
  jwksBytes: 64 * kibi,
  jwksMaxAgeMs: 60_000,
  /** How soon after a fetch an unknown `kid` makes for another one: forged tokens would make us flood the partner. */
  jwksAgainMs: 1000,
  outboundTimeoutMs: 5000,
  mediaBytes: 128 * mebi,
  /** All blobs on the own media host together; the oldest make room. */
  mediaTotalBytes: 256 * mebi,
  /** Entries of each record list (pushes, media fetches); the oldest make room. */
  records: 1000,
} as const;

export type Limits = { readonly [Name in keyof typeof defaultLimits]: number };

/** Every bound of one phone and of the registry of phones. What is beyond a bound is refused or forgotten, oldest first. */
export const phoneLimits = {
  /** Phones of one simulator. */
  users: 1_000,
  /** Stanzas waiting to be handled; further ones are refused with `inbox_full`. */
  inbox: 1_000,
  /** Signal operations waiting for the ratchets; further ones are refused with `busy`. */
  ratchetQueue: 1_000,
  /** Messages, refusals, receipts and typing notices kept for the control API. */
  history: 500,
  /** Sent messages kept for retry receipts. */
  sent: 512,
  /** Sessions and peers' identities. */
  sessions: 1_000,
  /** One-time prekeys on offer, and the number below which they are refilled. */
  preKeysOffered: 20,
  preKeysLow: 5,
  /** Handed-out one-time prekeys whose private half is kept. */
  preKeysHandedOut: 1_000,
  /** Retry receipts sent for one message, and resends of one message. */
  retries: 5,
  /** Messages whose retries are counted. */
  retriedMessages: 1_000,
  /** Bytes of one ciphertext, and of one media file in clear. */
  ciphertextBytes: 256 * 1024,
  mediaBytes: 64 * 1024 * 1024,
  /** Milliseconds one media download may take. */
  mediaDownloadMs: 30_000,
  /** Characters of one identifier, stanza id, text or file name in a request. */
  idChars: 128,
  addressChars: 320,
  textChars: 65_536,
  /** Message ids of one receipt. */
  receiptIds: 256,
} as const;

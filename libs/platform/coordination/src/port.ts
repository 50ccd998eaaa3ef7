/** Where a device's socket is. */
export interface PresenceEntry {
  /** Device and gatekeeper, as one random id. */
  readonly sessionKey: string;
  readonly partition: number;
  /** The fanout pod that holds the socket. */
  readonly podId: string;
  /** Grows with each connection of the session. */
  readonly epoch: number;
  /** X25519 public key of the connection, base64. */
  readonly relayKey?: string;
  /** Where the device connects from, for the handshake of the proxy mode; nowhere else. */
  readonly clientAddress?: string;
}

/** An entry that its pod puts back, because the engine has lost it. */
export interface LostEntry extends PresenceEntry {
  /** The last number that was read from the connection's mailbox; numbering goes on behind it. */
  readonly lastSeq: number;
}

/** What became of it: it was there all along, it is there again, a later connection has taken over, no room. */
export type RestoreOutcome = 'present' | 'restored' | 'replaced' | 'full';

/** The time since which the engine has its memory. It ends when the engine, or a part of it, loses what it held. */
export interface IndexLife {
  /** Another one than before: entries may be lost. */
  readonly id: string;
  /** By the engine's clock, milliseconds. */
  readonly ageMs: number;
}

/** Which sessions have a socket, and where. All calls throw CoordinationError. */
export interface Presence {
  /** Keeps all sockets of a pod online until the lease's end after this call (8 seconds). */
  renew(podId: string): Promise<IndexLife>;
  /** Since when entries are kept: what a list does not hold soon after the beginning may be about to come back. */
  life(): Promise<IndexLife>;
  /** Puts entries back under the epochs that they had, at most 500. @returns the outcome of each, in order */
  restore(entries: readonly LostEntry[]): Promise<readonly RestoreOutcome[]>;
  /** Gives a new connection its epoch; the older entry and its mailbox go. `presence_full` at the bound of a partition. */
  put(entry: Omit<PresenceEntry, 'epoch'>): Promise<number>;
  /** Removes entry and mailbox, only when the epoch is still current: whether it was. */
  remove(sessionKey: string, epoch: number): Promise<boolean>;
  /** Undefined when there is no socket, or its pod's lease has expired. */
  get(sessionKey: string): Promise<PresenceEntry | undefined>;
  /** The entries of one partition whose pods are alive. */
  list(partition: number): Promise<readonly PresenceEntry[]>;
}

export interface MailboxItem {
  /** Number within the connection, from 1. */
  readonly seq: number;
  readonly item: Uint8Array;
}

/** Sealed items on their way to one connection; they die with it. All calls throw CoordinationError. */
export interface EphemeralMailbox {
  /** Takes all items or none: `mailbox_closed` when the epoch is not current, `mailbox_full` at the bound. */
  append(sessionKey: string, epoch: number, items: readonly Uint8Array[]): Promise<void>;
  /** Items with greater numbers, oldest first; none when the epoch is not current. */
  read(sessionKey: string, epoch: number, afterSeq: number, limit: number): Promise<readonly MailboxItem[]>;
  /** Forgets items; no effect when the epoch is not current. */
  remove(sessionKey: string, epoch: number, seqs: readonly number[]): Promise<void>;
  /** Forgets all items and takes no more; no effect when the epoch is not current. */
  destroy(sessionKey: string, epoch: number): Promise<void>;
}

export interface Subscription {
  close(): Promise<void>;
}

/** Doorbells and broadcasts. A signal may be lost; it never waits for anybody. */
export interface Signals {
  /** Resolves also when the engine cannot be reached. */
  publish(channel: string, payload: string): Promise<void>;
  /** Resolves when signals arrive; survives reconnections, during which signals are lost. */
  subscribe(channel: string, onSignal: (payload: string) => void): Promise<Subscription>;
}

/** A token bucket; see the rate limits of @causeway/limits. */
export interface RateLimitRule {
  readonly name: string;
  readonly capacity: number;
  readonly refillPerSecond: number;
  /** The answer when the engine cannot be reached. */
  readonly failOpen: boolean;
}

export interface RateDecision {
  readonly allowed: boolean;
  /** After how many milliseconds the same call may succeed; 0 when it was allowed. */
  readonly retryAfterMs: number;
}

/** Rate limits over all pods. */
export interface Rates {
  /** @param key whose bucket: hashed before it leaves the process. @param cost tokens, 1 by default */
  take(limit: RateLimitRule, key: string, cost?: number): Promise<RateDecision>;
}

/** What pods need to know of each other, quickly and without durability. */
export interface Coordination {
  readonly presence: Presence;
  readonly mailbox: EphemeralMailbox;
  readonly signals: Signals;
  readonly rates: Rates;
  /** Resolves when the engine answers. @throws CoordinationError `unreachable` */
  check(): Promise<void>;
  close(): Promise<void>;
}

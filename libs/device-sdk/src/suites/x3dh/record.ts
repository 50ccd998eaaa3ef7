import type { SessionEntry } from './libsignal.js';
import { library } from './libsignal.js';

/** Older sessions with one peer that are kept to read what was sent before the peer learnt of the newest. */
const maxSessions = 40;
/** Receiving chains kept per session: a message of an older ratchet step than this can no longer be read. */
const maxReceivingChains = 5;
/** Keys of messages that have not arrived, kept per session. */
const maxMessageKeys = 2000;
const receiving = 2;

/**
 * A session record that neither prints nor grows without bound. The library's own record writes sessions with their
 * private ratchet keys to the console when it closes or drops one, and it never drops a receiving chain.
 */
export class BoundedRecord extends library.SessionRecord {
  /** Reads what `toBytes` wrote; no bytes give an empty record. */
  static fromBytes(bytes: Uint8Array | undefined): BoundedRecord {
    const record = new this();
    if (bytes === undefined) return record;
    const stored = library.SessionRecord.deserialize(JSON.parse(Buffer.from(bytes).toString('utf8')));
    record.sessions = stored.sessions;
    return record;
  }

  /** Writes the record within its bounds. */
  toBytes(): Uint8Array {
    for (const session of Object.values(this.sessions)) prune(session);
    return Buffer.from(JSON.stringify(this.serialize()), 'utf8');
  }

  /** @returns the sessions under their keys, the most recently used first. */
  entriesByUse(): [string, SessionEntry][] {
    return Object.entries(this.sessions).sort(([, a], [, b]) => b.indexInfo.used - a.indexInfo.used);
  }

  /** A new session becomes the open one; the others are kept for reading. */
  override setSession(session: SessionEntry): void {
    for (const other of Object.values(this.sessions)) this.closeSession(other);
    super.setSession(session);
  }

  closeSession(session: SessionEntry): void {
    if (session.indexInfo.closed === -1) session.indexInfo.closed = Date.now();
  }

  removeOldSessions(): void {
    const closed = Object.entries(this.sessions)
      .filter(([, session]) => session.indexInfo.closed !== -1)
      .sort(([, a], [, b]) => a.indexInfo.closed - b.indexInfo.closed);
    for (const [key] of closed.slice(0, Math.max(0, Object.keys(this.sessions).length - maxSessions))) {
      delete this.sessions[key];
    }
  }
}

/** A record for a message that starts a session: the library prints a line for every open session that it replaces. */
export class StartingRecord extends BoundedRecord {
  override getOpenSession(): SessionEntry | undefined {
    return undefined;
  }
}

function prune(session: SessionEntry): void {
  const chains = Object.entries(session._chains).filter(([, chain]) => chain.chainType === receiving);
  for (const [key] of chains.slice(0, Math.max(0, chains.length - maxReceivingChains)))
    delete session._chains[key];
  const keys = Object.values(session._chains).flatMap((chain) =>
    Object.keys(chain.messageKeys).map((counter) => ({ chain, counter })),
  );
  for (const { chain, counter } of keys.slice(0, Math.max(0, keys.length - maxMessageKeys))) {
    delete chain.messageKeys[counter];
  }
}

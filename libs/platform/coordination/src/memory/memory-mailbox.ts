import { limits } from '@causeway/limits';
import { CoordinationError } from '../coordination.errors.js';
import type { EphemeralMailbox } from '../port.js';
import { currentConnection, type MemoryConnection, type MemoryEngine } from './memory-engine.js';

/** Ephemeral mailboxes in the memory of one process. */
export function memoryMailbox(engine: MemoryEngine): EphemeralMailbox {
  const find = (sessionKey: string, epoch: number): MemoryConnection | undefined => {
    const connection = currentConnection(engine, sessionKey, epoch);
    if (
      connection &&
      engine.clock.monotonicMs() - connection.touchedMs >= limits.ephemeralMailboxIdleMs.value
    )
      empty(connection);
    return connection;
  };

  return {
    async append(sessionKey, epoch, items) {
      const connection = find(sessionKey, epoch);
      if (!connection || connection.closed) throw new CoordinationError('mailbox_closed');
      const bytes = items.reduce((sum, item) => sum + item.byteLength, connection.bytes);
      const count = connection.items.size + items.length;
      if (count > limits.ephemeralMailboxItems.value || bytes > limits.ephemeralMailboxBytes.value) {
        throw new CoordinationError('mailbox_full');
      }
      for (const item of items) connection.items.set(++connection.seq, Uint8Array.from(item));
      connection.bytes = bytes;
      connection.touchedMs = engine.clock.monotonicMs();
    },
    async read(sessionKey, epoch, afterSeq, limit) {
      const connection = find(sessionKey, epoch);
      if (!connection) return [];
      connection.touchedMs = engine.clock.monotonicMs();
      const items = [...connection.items].filter(([seq]) => seq > afterSeq).slice(0, limit);
      return items.map(([seq, item]) => ({ seq, item }));
    },
    async remove(sessionKey, epoch, seqs) {
      const connection = find(sessionKey, epoch);
      for (const seq of seqs) {
        const item = connection?.items.get(seq);
        if (!connection || !item) continue;
        connection.items.delete(seq);
        connection.bytes -= item.byteLength;
      }
    },
    async destroy(sessionKey, epoch) {
      const connection = find(sessionKey, epoch);
      if (!connection) return;
      empty(connection);
      connection.closed = true;
    },
  };
}

function empty(connection: MemoryConnection): void {
  connection.items.clear();
  connection.bytes = 0;
}

import { limits } from '@causeway/limits';
import { CoordinationError } from '../coordination.errors.js';
import type { Presence, PresenceEntry } from '../port.js';
import { currentConnection, deleteConnection, setConnection, type MemoryEngine } from './memory-engine.js';

/** Presence in the memory of one process. */
export function memoryPresence(engine: MemoryEngine): Presence {
  const nowMs = (): number => engine.clock.monotonicMs();
  const alive = (podId: string): boolean => (engine.leases.get(podId) ?? -Infinity) > nowMs();
  return {
    async renew(podId) {
      for (const [pod, untilMs] of engine.leases) if (untilMs <= nowMs()) engine.leases.delete(pod);
      if (engine.leases.size >= limits.memoryCoordinationEntries.value)
        throw new CoordinationError('presence_full');
      engine.leases.set(podId, nowMs() + engine.leaseMs);
    },
    async put(entry) {
      if (isFull(engine, entry)) throw new CoordinationError('presence_full');
      engine.lastEpoch = Math.max(engine.lastEpoch + 1, engine.clock.now());
      const epoch = engine.lastEpoch;
      setConnection(engine, {
        entry: { ...entry, epoch },
        items: new Map(),
        seq: 0,
        bytes: 0,
        closed: false,
        touchedMs: nowMs(),
      });
      return epoch;
    },
    async remove(sessionKey, epoch) {
      if (!currentConnection(engine, sessionKey, epoch)) return false;
      deleteConnection(engine, sessionKey);
      return true;
    },
    async get(sessionKey) {
      const entry = engine.connections.get(sessionKey)?.entry;
      return entry && alive(entry.podId) ? entry : undefined;
    },
    async list(partition) {
      const sessions = [...(engine.partitions.get(partition) ?? [])];
      const entries = sessions.map((sessionKey) => engine.connections.get(sessionKey)?.entry);
      return entries.filter((entry) => entry !== undefined).filter(({ podId }) => alive(podId));
    },
  };
}

function isFull(engine: MemoryEngine, { sessionKey, partition }: Omit<PresenceEntry, 'epoch'>): boolean {
  const { presenceEntriesPerPartition, memoryCoordinationEntries } = limits;
  const sessions = engine.partitions.get(partition);
  if (sessions?.has(sessionKey)) return false;
  const inPartition = sessions?.size ?? 0;
  return (
    inPartition >= presenceEntriesPerPartition.value ||
    engine.connections.size >= memoryCoordinationEntries.value
  );
}

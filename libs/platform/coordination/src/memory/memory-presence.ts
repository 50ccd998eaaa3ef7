import { limits } from '@causeway/limits';
import { CoordinationError } from '../coordination.errors.js';
import type { IndexLife, LostEntry, Presence, PresenceEntry, RestoreOutcome } from '../port.js';
import { currentConnection, deleteConnection, setConnection, type MemoryEngine } from './memory-engine.js';

/** Presence in the memory of one process. */
export function memoryPresence(engine: MemoryEngine): Presence {
  const nowMs = (): number => engine.clock.monotonicMs();
  const alive = (podId: string): boolean => (engine.leases.get(podId) ?? -Infinity) > nowMs();
  const life = (): IndexLife => ({ id: engine.life.id, ageMs: nowMs() - engine.life.sinceMs });
  return {
    life: async () => life(),
    restore: async (entries) => entries.map((entry) => restore(engine, entry)),
    async renew(podId) {
      for (const [pod, untilMs] of engine.leases) if (untilMs <= nowMs()) engine.leases.delete(pod);
      if (engine.leases.size >= limits.memoryCoordinationEntries.value)
        throw new CoordinationError('presence_full');
      engine.leases.set(podId, nowMs() + engine.leaseMs);
      return life();
    },
    async put(entry) {
      if (isFull(engine, entry)) throw new CoordinationError('presence_full');
      engine.lastEpoch = Math.max(engine.lastEpoch + 1, engine.clock.now());
      const epoch = engine.lastEpoch;
      connect(engine, { ...entry, epoch }, 0);
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

function connect(engine: MemoryEngine, entry: PresenceEntry, seq: number): void {
  const touchedMs = engine.clock.monotonicMs();
  setConnection(engine, { entry, items: new Map(), seq, bytes: 0, closed: false, touchedMs });
}

function restore(engine: MemoryEngine, { lastSeq, ...entry }: LostEntry): RestoreOutcome {
  const held = engine.connections.get(entry.sessionKey)?.entry.epoch ?? 0;
  if (held === entry.epoch) return 'present';
  if (held > entry.epoch) return 'replaced';
  if (isFull(engine, entry)) return 'full';
  engine.lastEpoch = Math.max(engine.lastEpoch, entry.epoch);
  connect(engine, entry, lastSeq);
  return 'restored';
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

import { randomUUID } from 'node:crypto';
import type { Clock } from '@causeway/lifecycle';
import type { PresenceEntry, RateLimitRule } from '../port.js';

/** One connection's part of the state. */
export interface MemoryConnection {
  readonly entry: PresenceEntry;
  readonly items: Map<number, Uint8Array>;
  seq: number;
  bytes: number;
  closed: boolean;
  touchedMs: number;
}

export interface MemoryBucket {
  tokens: number;
  atMs: number;
  readonly rule: RateLimitRule;
}

/** What all openers of one `memory:NAME` in a process share. */
export interface MemoryEngine {
  readonly clock: Clock;
  readonly leaseMs: number;
  readonly leases: Map<string, number>;
  readonly connections: Map<string, MemoryConnection>;
  /** The sessions of each partition; one without sessions is not there. */
  readonly partitions: Map<number, Set<string>>;
  readonly buckets: Map<string, MemoryBucket>;
  readonly receivers: Map<string, Set<(payload: string) => void>>;
  /** Since when it holds what it holds. */
  life: { readonly id: string; readonly sinceMs: number };
  lastEpoch: number;
  users: number;
}

const engines = new Map<string, MemoryEngine>();

/** Joins the engine of this name, or begins it. The first opener's clock and lease count. */
export function joinMemoryEngine(name: string, clock: Clock, leaseMs: number): MemoryEngine {
  const engine = engines.get(name) ?? emptyEngine(clock, leaseMs);
  engines.set(name, engine);
  engine.users++;
  return engine;
}

/** Leaves an engine; the last one out ends it. */
export function leaveMemoryEngine(name: string, engine: MemoryEngine): void {
  engine.users--;
  if (engine.users === 0 && engines.get(name) === engine) engines.delete(name);
}

function emptyEngine(clock: Clock, leaseMs: number): MemoryEngine {
  return {
    clock,
    leaseMs,
    leases: new Map(),
    connections: new Map(),
    partitions: new Map(),
    buckets: new Map(),
    receivers: new Map(),
    life: { id: randomUUID(), sinceMs: clock.monotonicMs() },
    lastEpoch: 0,
    users: 0,
  };
}

/**
 * Loses what an engine without persistence loses when it restarts: everything but who listens. For tests.
 * @param url `memory:NAME` @param prefix as it was opened with
 */
export function loseMemory(url: string, prefix = 'causeway'): void {
  const engine = engines.get(url.replace('memory', prefix));
  if (engine === undefined) return;
  for (const lost of [engine.leases, engine.connections, engine.partitions, engine.buckets]) lost.clear();
  engine.life = { id: randomUUID(), sinceMs: engine.clock.monotonicMs() };
}

/** Makes a connection the session's current one. */
export function setConnection(engine: MemoryEngine, connection: MemoryConnection): void {
  const { sessionKey, partition } = connection.entry;
  deleteConnection(engine, sessionKey);
  engine.connections.set(sessionKey, connection);
  const sessions = engine.partitions.get(partition) ?? new Set();
  engine.partitions.set(partition, sessions.add(sessionKey));
}

/** Forgets the session's current connection. */
export function deleteConnection(engine: MemoryEngine, sessionKey: string): void {
  const partition = engine.connections.get(sessionKey)?.entry.partition;
  if (partition === undefined) return;
  engine.connections.delete(sessionKey);
  const sessions = engine.partitions.get(partition);
  sessions?.delete(sessionKey);
  if (sessions?.size === 0) engine.partitions.delete(partition);
}

/** The connection of a session, if the epoch is its current one. */
export function currentConnection(
  engine: MemoryEngine,
  sessionKey: string,
  epoch: number,
): MemoryConnection | undefined {
  const connection = engine.connections.get(sessionKey);
  return connection?.entry.epoch === epoch ? connection : undefined;
}

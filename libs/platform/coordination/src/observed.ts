import { createHash } from 'node:crypto';
import type { Logger, Metrics } from '@causeway/telemetry';
import * as bounds from './bounds.js';
import { CoordinationError } from './coordination.errors.js';
import type { Coordination, EphemeralMailbox, Presence, Rates, Signals } from './port.js';

/** Adds to an engine what all engines have in common: argument checks, measuring, and what happens without the engine. */
export function observed(engine: Coordination, logger: Logger, metrics: Metrics): Coordination {
  const seconds = metrics.histogram('coordination_seconds', 'Time of calls to coordination', [
    'operation',
    'outcome',
  ]);
  const undecided = metrics.counter('rate_limit_undecided_total', 'Rate limits decided without the engine', [
    'limit',
    'allowed',
  ]);
  const lost = metrics.counter('coordination_signals_lost_total', 'Signals that the engine did not take');

  async function measure<T>(operation: string, call: () => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    let outcome = 'done';
    try {
      return await call();
    } catch (err) {
      outcome = err instanceof CoordinationError ? err.code : 'failed';
      throw err;
    } finally {
      seconds.observe((performance.now() - startedMs) / 1_000, { operation, outcome });
    }
  }

  const presence: Presence = {
    renew: (podId) => measure('renew', async () => (bounds.demandKey(podId), engine.presence.renew(podId))),
    put: (entry) => measure('put', async () => (bounds.demandEntry(entry), engine.presence.put(entry))),
    life: () => measure('life', () => engine.presence.life()),
    restore: (entries) =>
      measure('restore', async () => {
        bounds.demandLost(entries);
        return entries.length === 0 ? [] : engine.presence.restore(entries);
      }),
    remove: (key, epoch) =>
      measure('remove', async () => (check(key, epoch), engine.presence.remove(key, epoch))),
    get: (key) => measure('get', async () => (bounds.demandKey(key), engine.presence.get(key))),
    list: (partition) =>
      measure('list', async () => (bounds.demandCounts(partition), engine.presence.list(partition))),
  };
  const mailbox: EphemeralMailbox = {
    append: (key, epoch, items) =>
      measure('append', async () => {
        check(key, epoch);
        bounds.demandItems(items);
        await engine.mailbox.append(key, epoch, items);
      }),
    read: (key, epoch, afterSeq, limit) =>
      measure(
        'read',
        async () => (check(key, epoch, afterSeq, limit), engine.mailbox.read(key, epoch, afterSeq, limit)),
      ),
    remove: (key, epoch, seqs) =>
      measure('forget', async () => {
        check(key, epoch);
        bounds.demandSeqs(seqs);
        if (seqs.length > 0) await engine.mailbox.remove(key, epoch, seqs);
      }),
    destroy: (key, epoch) =>
      measure('destroy', async () => (check(key, epoch), engine.mailbox.destroy(key, epoch))),
  };
  const signals: Signals = {
    publish: async (channel, payload) => {
      bounds.demandKey(channel);
      bounds.demandPayload(payload);
      try {
        await measure('publish', () => engine.signals.publish(channel, payload));
      } catch {
        lost.inc();
      }
    },
    subscribe: (channel, onSignal) =>
      measure('subscribe', async () => {
        bounds.demandKey(channel);
        return engine.signals.subscribe(channel, (payload) => callSafely(onSignal, payload, logger));
      }),
  };
  const rates: Rates = {
    take: async (limit, key, cost = 1) => {
      bounds.demandRate(limit, cost);
      // What a bucket is kept for may be an address or an identifier; the engine has no need to know it.
      const hashed = createHash('sha256').update(`${limit.name}\n${key}`).digest('base64url');
      try {
        return await measure('take', () => engine.rates.take(limit, hashed, cost));
      } catch (err) {
        if (!(err instanceof CoordinationError)) throw err;
        undecided.inc({ limit: limit.name, allowed: String(limit.failOpen) });
        return { allowed: limit.failOpen, retryAfterMs: limit.failOpen ? 0 : retryWithoutEngineMs };
      }
    },
  };
  return { presence, mailbox, signals, rates, check: () => engine.check(), close: () => engine.close() };
}

const retryWithoutEngineMs = 1_000;

function check(key: string, ...counts: readonly number[]): void {
  bounds.demandKey(key);
  bounds.demandCounts(...counts);
}

function callSafely(onSignal: (payload: string) => void, payload: string, logger: Logger): void {
  try {
    onSignal(payload);
  } catch (err) {
    logger.error({ err }, 'the receiver of a signal failed');
  }
}

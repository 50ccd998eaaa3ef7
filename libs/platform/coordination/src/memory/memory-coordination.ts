import type { Clock } from '@causeway/lifecycle';
import { CoordinationError } from '../coordination.errors.js';
import type { Coordination } from '../port.js';
import { joinMemoryEngine, leaveMemoryEngine } from './memory-engine.js';
import { memoryMailbox } from './memory-mailbox.js';
import { memoryPresence } from './memory-presence.js';
import { memoryRates } from './memory-rates.js';
import { memorySignals } from './memory-signals.js';

/** Coordination within one process: openers of the same name see the same state, which ends with the last of them. */
export function openMemoryCoordination(name: string, clock: Clock, leaseMs: number): Coordination {
  const engine = joinMemoryEngine(name, clock, leaseMs);
  const subscriptions = new Set<() => void>();
  let open = true;
  return {
    presence: memoryPresence(engine),
    mailbox: memoryMailbox(engine),
    signals: memorySignals(engine, subscriptions),
    rates: memoryRates(engine),
    async check() {
      if (!open) throw new CoordinationError('coordination_unreachable');
    },
    async close() {
      if (!open) return;
      open = false;
      for (const close of subscriptions) close();
      leaveMemoryEngine(name, engine);
    },
  };
}

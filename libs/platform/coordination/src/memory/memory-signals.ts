import { limits } from '@causeway/limits';
import { CoordinationError } from '../coordination.errors.js';
import type { Signals } from '../port.js';
import type { MemoryEngine } from './memory-engine.js';

/** Signals within one process. `own` collects the receivers of one opener, so that its end takes them away. */
export function memorySignals(engine: MemoryEngine, own: Set<() => void>): Signals {
  return {
    async publish(channel, payload) {
      // Not before the publisher goes on: a receiver must never run inside it.
      for (const receiver of engine.receivers.get(channel) ?? []) setImmediate(receiver, payload);
    },
    async subscribe(channel, onSignal) {
      const receivers = engine.receivers.get(channel) ?? new Set();
      if (engine.receivers.size >= limits.memoryCoordinationEntries.value)
        throw new CoordinationError('coordination_invalid');
      let open = true;
      const receiver = (payload: string): void => {
        if (open) onSignal(payload);
      };
      engine.receivers.set(channel, receivers.add(receiver));
      const close = (): void => {
        open = false;
        own.delete(close);
        receivers.delete(receiver);
        if (receivers.size === 0 && engine.receivers.get(channel) === receivers)
          engine.receivers.delete(channel);
      };
      own.add(close);
      return { close: async () => close() };
    },
  };
}

import { randomUUID } from 'node:crypto';
import type { Coordination } from '../port.js';

/** How the suite opens an engine. */
export interface CoordinationHarness {
  /** Another opener of the same state. `leaseMs` is the life of a pod's lease. */
  open(leaseMs: number): Coordination;
  /** Makes the engine lose what it holds, as a restart without persistence would. */
  loseMemory(): Promise<void>;
}

/** Ids that no other test uses: suites share an engine. */
export const fresh = (name: string): string => `${name}-${randomUUID()}`;

/** A partition that no other test uses. */
export const freshPartition = (): number => 1_000 + Math.floor(Math.random() * 1_000_000_000);

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Calls `check` until it passes; at the deadline throws what it threw last. */
export async function until(check: () => Promise<void> | void, deadlineMs = 5_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    try {
      return await check();
    } catch (err) {
      if (performance.now() > end) throw err;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

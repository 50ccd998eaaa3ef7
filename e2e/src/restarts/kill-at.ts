import type { People } from '../checks/people.js';
import { unitOf, type Column } from '../column/column.js';

/** Longer than anything that leads to a failpoint: a device that connects anew, a login, a prekey upload. */
const REACHED_MS = 30_000;

/**
 * Has the process of a service killed at a failpoint, by what is begun, and starts it again.
 * @param whileDown what happens before the process is there again
 * @returns when it died, in monotonic milliseconds
 * @throws {Error} when the process does not come to the failpoint
 */
export async function killAt(
  column: Column,
  { name, service }: { readonly name: string; readonly service: string },
  begin: () => Promise<void>,
  whileDown: () => Promise<void> = async () => undefined,
): Promise<number> {
  const unit = unitOf(column, service);
  column.failpoints.arm(name);
  try {
    await begin();
    await unit.killedItself(REACHED_MS);
  } finally {
    column.failpoints.disarm();
  }
  const diedAtMs = performance.now();
  await whileDown().finally(() => unit.start());
  return diedAtMs;
}

/** A user whose device lost its connection opens the app: it does not wait for its next attempt. */
export async function comeBack({ alice }: People): Promise<void> {
  if (alice.online) return;
  alice.device.disconnect();
  await alice.device.connect(REACHED_MS);
}

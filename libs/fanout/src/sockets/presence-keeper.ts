import { socketCloseCodes } from '@causeway/contracts/fanout';
import type { RestoreOutcome } from '@causeway/coordination';
import type { Timer } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { DeviceConnection } from '../connections/device-connection.js';
import type { ConnectionDependencies } from '../connections/ports.js';
import type { DeviceSocket } from './device-socket.js';
import type { SocketRegistry } from './socket-registry.js';

type Dependencies = Pick<
  ConnectionDependencies,
  'podId' | 'coordination' | 'signOffs' | 'metrics' | 'logger' | 'clock'
>;
type Held = readonly [DeviceSocket, DeviceConnection];

/** Keeps this pod's lease, and puts the entries of its sockets back when coordination has lost them. */
export class PresenceKeeper {
  /** In which life of the index the entries of this pod are known to be there. */
  #life: string | undefined;
  #restoring = false;
  #stopped = false;
  #jitter: { readonly timer: Timer; readonly over: () => void } | undefined;

  constructor(
    private readonly registry: SocketRegistry,
    private readonly deps: Dependencies,
  ) {}

  /** Renews the lease; at the first time nothing can have been lost. @throws {CoordinationError} */
  async renew(): Promise<void> {
    const { podId, coordination, signOffs } = this.deps;
    const { id } = await coordination.presence.renew(podId);
    this.#life ??= id;
    this.announced(id);
    await signOffs.retry();
  }

  /** Somebody saw the index in this life. When it is not the one that this pod's entries are in, they are put back. */
  announced(life: string): void {
    if (life === this.#life || this.#restoring || this.#stopped) return;
    this.#restoring = true;
    this.#restoreAll()
      .catch((error: unknown) => {
        // The next renewal sees that the life is still another one.
        this.deps.logger.warn({ err: error }, 'presence could not be put back; it is tried again');
      })
      .finally(() => (this.#restoring = false));
  }

  stop(): void {
    this.#stopped = true;
    if (this.#jitter === undefined) return;
    this.deps.clock.clearTimeout(this.#jitter.timer);
    this.#jitter.over();
  }

  async #restoreAll(): Promise<void> {
    const { podId, coordination, logger, clock } = this.deps;
    await this.#waitJitter();
    if (this.#stopped) return;
    const startedMs = clock.monotonicMs();
    // The lease was lost with the entries, and they do not count without it.
    const { id } = await coordination.presence.renew(podId);
    const held = [...this.registry.all()].flatMap((socket) =>
      socket.connections.all().map((connection): Held => [socket, connection]),
    );
    for (let start = 0; start < held.length && !this.#stopped; start += limits.presenceRestoreItems.value) {
      await this.#restore(held.slice(start, start + limits.presenceRestoreItems.value));
    }
    this.#life = id;
    const ms = Math.round(clock.monotonicMs() - startedMs);
    logger.warn({ entries: held.length, ms }, 'coordination had lost its memory; presence was put back');
  }

  async #restore(held: readonly Held[]): Promise<void> {
    const entries = held.map(([, connection]) => connection.presence);
    const outcomes = await this.deps.coordination.presence.restore(entries);
    for (const [index, [socket, connection]] of held.entries()) {
      const outcome = outcomes[index];
      if (outcome !== undefined) this.#restored(socket, connection, outcome);
    }
  }

  #restored(socket: DeviceSocket, connection: DeviceConnection, outcome: RestoreOutcome): void {
    const { metrics, signOffs } = this.deps;
    metrics.restored.inc({ outcome });
    if (outcome === 'restored') connection.restored();
    if (outcome === 'replaced') void socket.close(socketCloseCodes.replaced);
    // It closed while its entry was on its way: its own sign-off may have come first, and found nothing.
    else if (connection.isClosed) void signOffs.signOff(connection.owner.sessionKey, connection.epoch);
  }

  async #waitJitter(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.deps.clock.setTimeout(resolve, Math.random() * limits.presenceRestoreJitterMs.value);
      this.#jitter = { timer, over: resolve };
    });
    this.#jitter = undefined;
  }
}

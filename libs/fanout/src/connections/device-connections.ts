import { sessionKeyOf, type GatekeeperId } from '@causeway/contracts/ids';
import type { OptIns, Standing } from '../accounts/opt-ins.js';
import type { SocketDevice } from '../sockets/device-socket.js';
import { DeviceConnection } from './device-connection.js';
import type { ConnectionDependencies, FrameSink } from './ports.js';

/** A device's connections, one per gatekeeper that it is enlisted with. */
export class DeviceConnections {
  readonly #open = new Map<GatekeeperId, { standing: Standing; connection: DeviceConnection }>();
  /** What the device was last told of each gatekeeper. */
  readonly #standing = new Map<GatekeeperId, Standing>();
  #order: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(
    private readonly device: SocketDevice,
    private readonly optIns: OptIns,
    private readonly sink: FrameSink,
    /** The device has connected to another pod. */
    private readonly onReplaced: () => void,
    private readonly deps: ConnectionDependencies,
  ) {}

  /** @returns the connection on which the device may act; none while it is only leaving. */
  get(gatekeeper: GatekeeperId): DeviceConnection | undefined {
    const entry = this.#open.get(gatekeeper);
    return entry?.standing === 'enlisted' ? entry.connection : undefined;
  }

  /** @returns the connection whose login may ask the device, also while it is only leaving. */
  asking(gatekeeper: GatekeeperId): DeviceConnection | undefined {
    return this.#open.get(gatekeeper)?.connection;
  }

  /** @returns the connections that others must see. */
  all(): DeviceConnection[] {
    return [...this.#open.values()].map(({ connection }) => connection);
  }

  /** Looks into a mailbox: something may wait. */
  ring(sessionKey: string): void {
    for (const { connection } of this.#open.values()) {
      if (connection.owner.sessionKey === sessionKey) connection.ring();
    }
  }

  /** Looks into every mailbox, in case a doorbell was lost. */
  ringAll(): void {
    for (const { connection } of this.#open.values()) connection.ring();
  }

  /** Opens and closes connections so that they fit what the opt-in store says now. */
  refresh(): Promise<void> {
    this.#order = this.#order.then(
      () => this.#refresh(),
      () => this.#refresh(),
    );
    return this.#order;
  }

  /** The socket closed. */
  close(code: string): Promise<void> {
    this.#closed = true;
    const closing = async () => {
      await Promise.all([...this.#open.keys()].map((gatekeeper) => this.#close(gatekeeper, code)));
    };
    this.#order = this.#order.then(closing, closing);
    return this.#order;
  }

  async #refresh(): Promise<void> {
    for (const gatekeeper of this.optIns.gatekeepers) {
      const standing = await this.optIns.standing(this.device.deviceId, gatekeeper);
      if (this.#closed) return;
      const { connection } = this.#open.get(gatekeeper) ?? {};
      // A device that just connected is told also where it has nothing to wait for.
      if (standing === this.#standing.get(gatekeeper) && (await this.#isSeen(connection))) continue;
      this.#standing.delete(gatekeeper);
      await this.#close(gatekeeper, 'opt_in_changed');
      if (standing === 'enlisted' || standing === 'leaving') await this.#openWith(gatekeeper, standing);
      if (standing === 'none') this.sink({ type: 'session', gatekeeper, state: 'withdrawn' });
      this.#standing.set(gatekeeper, standing);
    }
  }

  /** Others must see the device here: coordination may have forgotten it, or it has connected elsewhere meanwhile. */
  async #isSeen(connection: DeviceConnection | undefined): Promise<boolean> {
    if (connection === undefined) return true;
    if (connection.isStranded) return false;
    const { presence } = this.deps.coordination;
    const entry = await presence.get(connection.owner.sessionKey);
    if (entry?.epoch === connection.epoch) return true;
    const [outcome] = await presence.restore([connection.presence]);
    if (outcome === 'restored') connection.restored();
    if (outcome === 'replaced') this.onReplaced();
    return outcome !== 'full';
  }

  async #openWith(gatekeeper: GatekeeperId, standing: Standing): Promise<void> {
    const { deviceId, userId, address } = this.device;
    const sessionKey = sessionKeyOf(deviceId, gatekeeper);
    const owner = { deviceId, userId, gatekeeper, sessionKey, custody: this.deps.custodyOf(gatekeeper) };
    const reason = standing === 'leaving' ? 'deletion' : 'user';
    const connection = await DeviceConnection.open(owner, reason, address, this.sink, this.deps);
    this.#open.set(gatekeeper, { standing, connection });
  }

  async #close(gatekeeper: GatekeeperId, code: string): Promise<void> {
    const entry = this.#open.get(gatekeeper);
    this.#open.delete(gatekeeper);
    await entry?.connection.close(code);
  }
}

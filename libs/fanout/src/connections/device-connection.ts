import { bodyContext, connectionName } from '@causeway/contracts/events';
import type { DeviceFrame } from '@causeway/contracts/fanout';
import type { UpstreamEvent } from '@causeway/contracts/upstream';
import type { LostEntry, PresenceEntry } from '@causeway/coordination';
import { failpoint } from '@causeway/failpoints';
import { limits } from '@causeway/limits';
import { createRelayKey, encodeBody, RelaySeal, type RelayKeyPair } from '@causeway/relay';
import { Agreements } from './agreements.js';
import { Commands } from './commands.js';
import { Deliveries } from './deliveries.js';
import type { ConnectionDependencies, ConnectionOwner, FrameSink } from './ports.js';
import { Pump } from './pump.js';

type OpenReason = Extract<UpstreamEvent, { type: 'open' }>['reason'];

/**
 * A device's connection to one gatekeeper, as long as its socket is open here. Under custody `gatekeeper` it holds the
 * keys by which content in transit can be read; when it closes they are gone.
 */
export class DeviceConnection {
  readonly deliveries = new Deliveries();
  readonly agreements = new Agreements();
  readonly commands: Commands;
  #seal: RelaySeal | undefined;
  #open = false;
  #closed = false;
  /** Since when it waits to be opened by a login that may have been told, and lost with the mailbox; monotonic. */
  #doubtfulSinceMs: number | undefined;
  readonly #pump: Pump;

  private constructor(
    readonly owner: ConnectionOwner,
    private readonly entry: PresenceEntry,
    private readonly keys: RelayKeyPair | undefined,
    readonly sink: FrameSink,
    readonly deps: ConnectionDependencies,
  ) {
    this.commands = new Commands(this);
    this.#pump = new Pump(this);
  }

  /**
   * Registers the device as present and asks the session service for its upstream connection.
   * @param clientAddress the device's address, for the gatekeeper; it stays in the presence entry
   */
  static async open(
    owner: ConnectionOwner,
    reason: OpenReason,
    clientAddress: string | undefined,
    sink: FrameSink,
    deps: ConnectionDependencies,
  ): Promise<DeviceConnection> {
    const { sessionKey, gatekeeper, userId, deviceId } = owner;
    const keys = owner.custody === 'gatekeeper' ? createRelayKey() : undefined;
    const relay = keys === undefined ? {} : { relayKey: keys.publicKey };
    const place = {
      sessionKey,
      podId: deps.podId,
      partition: await deps.partitionOf(sessionKey),
      ...relay,
      ...(clientAddress !== undefined && { clientAddress }),
    };
    const epoch = await deps.coordination.presence.put(place);
    const connection = new DeviceConnection(owner, { ...place, epoch }, keys, sink, deps);
    sink({ type: 'session', gatekeeper, state: reason === 'deletion' ? 'withdrawn' : 'opening' });
    const opening = {
      type: 'open',
      sessionKey,
      gatekeeper,
      epoch,
      userId,
      deviceId,
      ...relay,
      reason,
    } as const;
    await deps.upstream([opening]).catch(async (error: unknown) => {
      await deps.signOffs.signOff(sessionKey, epoch);
      throw error;
    });
    connection.ring();
    return connection;
  }

  get epoch(): number {
    return this.entry.epoch;
  }

  /** What others must see of it as long as it is not closed. */
  get presence(): LostEntry {
    return { ...this.entry, lastSeq: this.#pump.lastSeq };
  }

  get envelope() {
    const { sessionKey, gatekeeper } = this.owner;
    return { sessionKey, gatekeeper, epoch: this.epoch };
  }

  /** The upstream connection's seal; undefined under custody `provider`, and before it opened. */
  get seal(): RelaySeal | undefined {
    return this.#seal;
  }

  /** Whether commands can be passed on. */
  get isOpen(): boolean {
    return this.#open;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /**
   * The upstream connection is logged in, with a new key of its own.
   * @throws {RelayError} when that key is no good, or missing where content must be sealed
   */
  opened(relayKey: string | undefined): void {
    this.#open = false;
    this.#seal?.destroy();
    this.#seal = undefined;
    if (this.keys !== undefined) {
      const name = connectionName(this.owner.sessionKey, this.epoch);
      this.#seal = new RelaySeal('fanout', this.keys, relayKey ?? '', name);
    }
    this.#open = true;
    this.#doubtfulSinceMs = undefined;
  }

  /** Its entry was lost, with whatever was in the mailbox, and is there again. */
  restored(): void {
    if (!this.#open) this.#doubtfulSinceMs ??= this.deps.clock.monotonicMs();
  }

  /** Whether the news of its login was probably lost with the mailbox: only connecting anew brings it back. */
  get isStranded(): boolean {
    if (this.#doubtfulSinceMs === undefined) return false;
    return this.deps.clock.monotonicMs() - this.#doubtfulSinceMs >= limits.commandDeadlineMs.value;
  }

  /** The upstream connection ended; it may come back. */
  lost(): void {
    this.#open = false;
  }

  /** Something may wait for the device. */
  ring(): void {
    this.#pump.ring();
  }

  /** The device has stored deliveries: they are forgotten here and settled upstream. */
  async acknowledge(names: readonly string[]): Promise<void> {
    const done = this.deliveries.take(names);
    if (done.length === 0) return;
    failpoint('fanout.ack.received');
    await this.#pump.acknowledged(done);
    this.deps.metrics.delivered.inc({ gatekeeper: this.owner.gatekeeper }, done.length);
    this.ring();
  }

  /** Passes a command on whose body the session alone may read. */
  async pass(event: Passed, value: object): Promise<void> {
    const deadline = this.deps.clock.now() + limits.commandDeadlineMs.value;
    const body = encodeBody(this.#seal, bodyContext(event), value);
    // The schema of the topic checks the pairing of type and body when the event is published.
    await this.deps.upstream([{ ...event, ...this.envelope, deadline, body } as UpstreamEvent]);
  }

  /** Handles one frame of the device. */
  async handle(frame: Exclude<DeviceFrame, { type: 'ack' }>): Promise<void> {
    await this.commands.handle(frame);
  }

  /** The device's socket closed, or another took over. Nothing sealed to this connection can be read from here on. */
  async close(code: string): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#open = false;
    this.#seal?.destroy();
    const current = await this.deps.signOffs.signOff(this.owner.sessionKey, this.epoch);
    if (current) await this.deps.upstream([{ type: 'close', ...this.envelope, code }]);
  }
}

/** What names a command's body, before the connection's fields are added. */
type Passed =
  | { readonly type: 'message.send'; readonly id: string }
  | { readonly type: 'query'; readonly correlationId: string }
  | { readonly type: 'receipt.send' | 'typing.send' | 'block' };

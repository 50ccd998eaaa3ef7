import { tunnelCloseCodes, type TunnelClose } from '@causeway/contracts/session';
import type { DeviceId, GatekeeperId, SessionKey, UserId } from '@causeway/contracts/ids';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { WebSocket } from 'ws';
import { Flow } from './flow.js';
import type { TunnelMetrics } from './tunnel-metrics.js';
import type { TunnelPurpose } from './tunnel-rights.js';

/** Whose tunnel it is. */
export interface TunnelOwner {
  /** Random id of this tunnel. */
  readonly id: string;
  readonly deviceId: DeviceId;
  readonly userId: UserId;
  readonly gatekeeper: GatekeeperId;
  readonly sessionKey: SessionKey;
  readonly purpose: TunnelPurpose;
  /** Milliseconds since 1970, when the access token that opened it expires. */
  readonly expiresAt: number;
}

export interface TunnelDependencies {
  readonly clock: Clock;
  readonly metrics: TunnelMetrics;
  /** The device has connected to the gatekeeper, as far as can be told from outside. */
  readonly connected: (owner: TunnelOwner) => void;
  /** Both ends are closed. */
  readonly over: (tunnel: Tunnel) => void;
}

/**
 * A device's WebSocket and one to its gatekeeper, joined: messages pass as they are, unread. Either end's close reaches
 * the other behind what was sent before it.
 */
export class Tunnel {
  readonly openedAtMs: number;
  readonly #out: Flow;
  readonly #in: Flow;
  #counted = { out: 0, in: 0 };
  #lastMessageAtMs: number;
  #pingedAtMs: number;
  #alive = true;
  #told = false;
  #ending = false;
  #open = 2;

  constructor(
    readonly owner: TunnelOwner,
    private readonly device: WebSocket,
    private readonly gatekeeper: WebSocket,
    private readonly deps: TunnelDependencies,
  ) {
    this.openedAtMs = deps.clock.monotonicMs();
    this.#lastMessageAtMs = this.openedAtMs;
    this.#pingedAtMs = this.openedAtMs;
    this.#out = new Flow(device, gatekeeper, deps.clock);
    this.#in = new Flow(gatekeeper, device, deps.clock);
    device.on('message', () => (this.#alive = true));
    this.#join(device, this.#out, () => this.#deviceGone());
    this.#join(gatekeeper, this.#in, (code) =>
      this.close(code === ABNORMAL ? 'gatekeeperLost' : 'gatekeeperClosed'),
    );
    device.on('pong', () => (this.#alive = true));
    deps.metrics.open.inc({ gatekeeper: owner.gatekeeper });
  }

  /** Lets messages pass; before it nothing is read from either side. */
  start(): void {
    if (this.#ending) return;
    this.device.resume();
    this.gatekeeper.resume();
  }

  /** Ends it: both ends are told, and cut off when they do not answer. Only the first reason counts. */
  close(why: TunnelClose): void {
    if (this.#ending) return;
    this.#end(why);
    this.device.close(tunnelCloseCodes[why]);
    this.gatekeeper.close(NORMAL);
  }

  /** Cuts both ends off. */
  terminate(): void {
    this.device.terminate();
    this.gatekeeper.terminate();
  }

  /** Looks at its times, and pings. */
  look(): void {
    this.#countBytes();
    if (this.#ending) return;
    const { clock } = this.deps;
    const nowMs = clock.monotonicMs();
    const why = clock.now() >= this.owner.expiresAt ? 'unauthorized' : this.#overdue(nowMs);
    if (why !== undefined) return this.close(why);
    this.#prove(nowMs);
    this.#ping(nowMs);
  }

  #join(from: WebSocket, flow: Flow, closed: (code: number) => void): void {
    from.on('message', (data, isBinary) => this.#message(flow, data as Buffer, isBinary));
    from.on('error', (error) => {
      if ('code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') this.close('tooLarge');
    });
    from.on('close', (code) => {
      closed(code);
      this.#open -= 1;
      if (this.#open === 0) this.#over();
    });
  }

  #message(flow: Flow, message: Buffer, isBinary: boolean): void {
    if (this.#ending) return;
    if (!isBinary) return this.close('notBinary');
    this.#lastMessageAtMs = this.deps.clock.monotonicMs();
    flow.pass(message);
    const bounded = this.owner.purpose === 'deletion';
    if (bounded && flow.bytes > limits.tunnelDeletionBytes.value) this.close('deletionOnly');
  }

  #deviceGone(): void {
    if (this.#ending) return;
    this.#end('deviceGone');
    this.gatekeeper.close(NORMAL);
  }

  #end(why: TunnelClose | 'deviceGone'): void {
    this.#ending = true;
    this.deps.metrics.ended.inc({ gatekeeper: this.owner.gatekeeper, code: why });
    // Also who was held back must be read, or its answer to the close is never seen.
    this.#out.stop();
    this.#in.stop();
    this.#cutOffLater(this.waiting);
  }

  /** Bytes that the two ends have not taken. */
  get waiting(): number {
    return this.device.bufferedAmount + this.gatekeeper.bufferedAmount;
  }

  /** An end that still takes what was sent to it before the close is waited for. */
  #cutOffLater(waiting: number): void {
    this.deps.clock.setTimeout(() => {
      if (this.#open === 0) return;
      const left = this.waiting;
      if (left > 0 && left < waiting) this.#cutOffLater(left);
      else this.terminate();
    }, limits.tunnelCloseMs.value);
  }

  #overdue(nowMs: number): TunnelClose | undefined {
    const ageMs = nowMs - this.openedAtMs;
    const deleting = this.owner.purpose === 'deletion';
    if (ageMs > (deleting ? limits.tunnelDeletionMs : limits.tunnelLifeMs).value) return 'comeAgain';
    if (this.#out.bytes === 0 && ageMs > limits.tunnelFirstMessageMs.value) return 'idle';
    if (nowMs - this.#lastMessageAtMs > limits.tunnelIdleMs.value) return 'idle';
    const stalledMs = Math.max(this.#out.stalledMs, this.#in.stalledMs);
    return stalledMs > limits.tunnelStalledMs.value ? 'tooSlow' : undefined;
  }

  /** A login cannot be seen from outside; one that is refused does not last. */
  #prove(nowMs: number): void {
    const bothWays = this.#out.bytes > 0 && this.#in.bytes > 0;
    const lasted = nowMs - this.openedAtMs >= limits.tunnelProvenMs.value;
    if (this.#told || !bothWays || !lasted || this.owner.purpose !== 'login') return;
    this.#told = true;
    this.deps.connected(this.owner);
  }

  #ping(nowMs: number): void {
    if (nowMs - this.#pingedAtMs < limits.socketPingMs.value) return;
    // Who is held back cannot be heard, and a ping stands in line behind what waits for the device.
    const unheard = this.#out.held || this.device.bufferedAmount > 0;
    if (!this.#alive && !unheard) return this.close('idle');
    this.#alive = unheard;
    this.#pingedAtMs = nowMs;
    this.device.ping();
  }

  #countBytes(): void {
    const { gatekeeper } = this.owner;
    const { bytes } = this.deps.metrics;
    bytes.inc({ gatekeeper, direction: 'out' }, this.#out.bytes - this.#counted.out);
    bytes.inc({ gatekeeper, direction: 'in' }, this.#in.bytes - this.#counted.in);
    this.#counted = { out: this.#out.bytes, in: this.#in.bytes };
  }

  #over(): void {
    this.#countBytes();
    this.deps.metrics.open.dec({ gatekeeper: this.owner.gatekeeper });
    this.deps.over(this);
  }
}

const NORMAL = 1000;
/** The connection broke, without a close. */
const ABNORMAL = 1006;

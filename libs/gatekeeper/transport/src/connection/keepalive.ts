import type { Clock } from '@causeway/lifecycle';
import { stanza, type Stanza } from '@causeway/xml';
import type { WireLimits } from '../wire-profile.js';
import { Deadline } from './deadline.js';
import { gatekeeper } from './gatekeeper-address.js';

const PING = stanza('iq', { to: gatekeeper, type: 'get', xmlns: 'w:p' }, [stanza('ping')]);
const SECOND_MS = 1_000;

export interface KeepaliveOptions {
  readonly clock: Clock;
  readonly limits: WireLimits;
  /** In [0, 1). */
  readonly random: () => number;
  /** True while other queries wait: their answers say as much as a ping's. */
  readonly busy: () => boolean;
  readonly ping: (query: Stanza) => void;
  readonly onDead: () => void;
}

/** Pings at random intervals, and notices silence: something to be answered went out, and nothing at all came since. */
export class Keepalive {
  private readonly next: Deadline;
  private readonly silence: Deadline;
  private suspended = false;

  constructor(private readonly options: KeepaliveOptions) {
    this.next = new Deadline(options.clock);
    this.silence = new Deadline(options.clock);
  }

  start(): void {
    this.next.arm(this.intervalMs(), () => {
      if (!this.options.busy()) this.options.ping(PING);
      this.start();
    });
  }

  /**
   * Random within the profile's bounds, and where those allow it at a whole second of the process: what wakes it for
   * thousands of idle sessions costs more than their pings, so those that are due in one second go out together.
   */
  private intervalMs(): number {
    const { clock, limits, random } = this.options;
    const { keepaliveMinMs: min, keepaliveMaxMs: max } = limits;
    const now = clock.monotonicMs();
    const at = Math.floor((now + min + random() * (max - min)) / SECOND_MS) * SECOND_MS;
    return Math.max(min, at - now);
  }

  /** Something to be answered went out: its answer, or anything else, must come in time. */
  sent(): void {
    if (!this.suspended && !this.silence.armed)
      this.silence.arm(this.options.limits.deadSocketMs, this.options.onDead);
  }

  /** Something came. */
  heard(): void {
    this.silence.disarm();
  }

  /** While we do not read, silence says nothing about the other side. */
  suspend(suspended: boolean): void {
    this.suspended = suspended;
    this.silence.disarm();
  }

  stop(): void {
    this.next.disarm();
    this.silence.disarm();
  }
}

import type { Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { piecesOf, type LinkFaults } from './link-faults.js';
import { Signal } from './signal.js';

interface Piece {
  readonly bytes: Buffer;
  readonly dueAt: number;
}

/** Bytes that may be on their way through one direction; beyond it the sender is not read, and feels it. */
export const pipeBufferBytes = 256 * 1024;

/**
 * One direction of one connection. Reads `from` as long as there is room, and writes to `to` what is due; the two ends
 * are told of an end or a reset only after everything before it.
 */
export class Pipe {
  private readonly queue: Piece[] = [];
  private readonly changed = new Signal();
  private queued = 0;
  private passed = 0;
  private lastDueAt = 0;
  private freeAt = 0;
  private readonly stopping = new AbortController();
  private ending: 'end' | 'reset' | undefined;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private faults: LinkFaults,
    private readonly random: () => number,
    private readonly cut: () => void,
  ) {}

  /** Bytes in hand. */
  get held(): number {
    return this.queued;
  }

  set(faults: LinkFaults): void {
    this.faults = faults;
    this.passed = 0;
    this.changed.fire();
  }

  stop(): void {
    this.stopping.abort();
    this.changed.fire();
  }

  /** Works until the connection is over. */
  async run(): Promise<void> {
    await Promise.all([this.read(), this.write()]);
  }

  private async read(): Promise<void> {
    try {
      for await (const chunk of this.from.iterator({ destroyOnReturn: false })) {
        for (const bytes of piecesOf(chunk as Buffer, this.faults, this.random)) {
          await this.changed.until(() => this.queued < pipeBufferBytes || this.stopped);
          if (this.stopped) return;
          this.queued += bytes.length;
          this.queue.push({ bytes, dueAt: this.dueAt() });
          this.changed.fire();
        }
      }
      this.ending = 'end';
    } catch {
      this.ending = 'reset';
    }
    this.changed.fire();
  }

  private dueAt(): number {
    const { latencyMs = 0, jitterMs = 0 } = this.faults;
    const wanted = performance.now() + latencyMs + (this.random() * 2 - 1) * jitterMs;
    this.lastDueAt = Math.max(this.lastDueAt, wanted);
    return this.lastDueAt;
  }

  private async write(): Promise<void> {
    for (;;) {
      await this.changed.until(() => this.stopped || (this.mayPass && this.hasWork));
      if (this.stopped) return;
      const piece = this.queue[0];
      if (piece === undefined) return this.finish();
      await this.wait(piece.dueAt - performance.now());
      await this.wait(this.freeAt - performance.now());
      // A fault that was set while the piece waited holds it back.
      if (this.stopped || !this.mayPass) continue;
      this.queue.shift();
      await this.pass(piece.bytes);
    }
  }

  private get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private get mayPass(): boolean {
    return this.faults.blackHole !== true;
  }

  private get hasWork(): boolean {
    return this.queue.length > 0 || this.ending !== undefined;
  }

  private async wait(ms: number): Promise<void> {
    const { signal } = this.stopping;
    if (ms > 0) await delay(ms, undefined, { signal }).catch(() => undefined);
  }

  private async pass(bytes: Buffer): Promise<void> {
    const { cutAfterBytes = Infinity, bytesPerSecond } = this.faults;
    const allowed = bytes.subarray(0, Math.max(0, cutAfterBytes - this.passed));
    this.passed += allowed.length;
    if (bytesPerSecond !== undefined)
      this.freeAt = performance.now() + (allowed.length / bytesPerSecond) * 1_000;
    // Waits for the system to take it, so that a slow reader is felt; an end that went away shows when it is read.
    if (this.to.writable) await new Promise<void>((resolve) => this.to.write(allowed, () => resolve()));
    // Written in one turn, slices would be joined again on their way.
    if (this.faults.slice === true) await nextTurn();
    this.queued -= bytes.length;
    this.changed.fire();
    if (this.passed >= cutAfterBytes) this.cut();
  }

  private finish(): void {
    if (this.ending === 'reset') this.to.resetAndDestroy();
    else this.to.end();
  }
}

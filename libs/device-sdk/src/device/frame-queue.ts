import type { DeliveredFrame } from './receiver.js';

/** Frames that may wait; beyond it nothing is read from the network. */
const maxWaiting = 256;
/** Deliveries that one acknowledgement may name. */
const maxAcknowledged = 64;

/** Takes delivered frames one after the other, in order, and acknowledges them once they are stored. */
export class FrameQueue {
  private waiting: DeliveredFrame[] = [];
  private running = false;
  private paused = false;
  private stored: string[] = [];
  /** Counts connections: a delivery has its name within one connection only. */
  private generation = 0;

  constructor(
    private readonly owner: {
      take(frame: DeliveredFrame): Promise<void>;
      acknowledge(deliveries: string[]): void;
      /** Called after something was stored. */
      stored(): void;
      pause(): void;
      resume(): void;
      /** A frame could not be stored: the connection must be cut, so that it is delivered again. */
      failed(): void;
    },
  ) {}

  add(frame: DeliveredFrame): void {
    this.waiting.push(frame);
    if (this.waiting.length >= maxWaiting && !this.paused) {
      this.paused = true;
      this.owner.pause();
    }
    if (!this.running) void this.run();
  }

  /** The connection ended: what waits is delivered again by the next one. */
  clear(): void {
    this.generation += 1;
    this.waiting = [];
    this.stored = [];
    this.paused = false;
  }

  private async run(): Promise<void> {
    this.running = true;
    for (let frame = this.waiting.shift(); frame !== undefined; frame = this.waiting.shift()) {
      const { generation } = this;
      try {
        await this.owner.take(frame);
        if (generation === this.generation) this.stored.push(frame.delivery);
        this.owner.stored();
      } catch {
        this.clear();
        this.owner.failed();
      }
      if (this.stored.length >= maxAcknowledged || this.waiting.length === 0) this.acknowledge();
      if (this.paused && this.waiting.length < maxWaiting / 2) {
        this.paused = false;
        this.owner.resume();
      }
    }
    this.running = false;
  }

  private acknowledge(): void {
    const deliveries = this.stored.splice(0);
    if (deliveries.length > 0) this.owner.acknowledge(deliveries);
  }
}

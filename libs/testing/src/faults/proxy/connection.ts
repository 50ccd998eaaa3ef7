import { once } from 'node:events';
import { Socket } from 'node:net';
import type { Direction, LinkFaults } from './link-faults.js';
import { Pipe } from './pipe.js';
import { Signal } from './signal.js';

/** One connection through the proxy: the client's socket, the engine's, and a pipe each way. */
export class Connection {
  private readonly far = new Socket({ allowHalfOpen: true });
  private readonly pipes: Readonly<Record<Direction, Pipe>>;
  private readonly changed = new Signal();
  private blackHole: boolean;
  private over = false;

  constructor(
    private readonly near: Socket,
    private readonly target: { readonly host: string; readonly port: number },
    faults: Readonly<Record<Direction, LinkFaults>>,
    random: () => number,
  ) {
    const cut = (): void => this.cut();
    this.blackHole = faults.up.blackHole === true;
    this.pipes = {
      up: new Pipe(near, this.far, faults.up, random, cut),
      down: new Pipe(this.far, near, faults.down, random, cut),
    };
    // A reset shows where the socket is read.
    for (const socket of [near, this.far]) socket.on('error', () => undefined).setNoDelay(true);
  }

  get held(): number {
    return this.pipes.up.held + this.pipes.down.held;
  }

  set(direction: Direction, faults: LinkFaults): void {
    if (direction === 'up') this.blackHole = faults.blackHole === true;
    this.pipes[direction].set(faults);
    this.changed.fire();
  }

  /** Resets both ends. */
  cut(): void {
    this.over = true;
    this.near.resetAndDestroy();
    this.far.resetAndDestroy();
    for (const pipe of Object.values(this.pipes)) pipe.stop();
    this.changed.fire();
  }

  /** Resolves when the connection is over. */
  async run(): Promise<void> {
    await this.changed.until(() => this.over || !this.blackHole);
    if (this.over) return;
    try {
      this.far.connect(this.target.port, this.target.host);
      await once(this.far, 'connect');
    } catch {
      // The engine is not there: the client's handshake with the proxy was a success all the same, so it is reset.
      return this.cut();
    }
    await Promise.all(Object.values(this.pipes).map((pipe) => pipe.run()));
    this.near.destroy();
    this.far.destroy();
  }
}

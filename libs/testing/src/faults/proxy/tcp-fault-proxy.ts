import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Connection } from './connection.js';
import type { Direction, LinkFaults } from './link-faults.js';

export interface TcpFaultProxyOptions {
  /** Where connections go. */
  readonly target: { readonly host: string; readonly port: number };
  /** Port on 127.0.0.1; a free one when absent. */
  readonly port?: number;
  /** Draws the lots of jitter and slices; `SeededRandom.next` to have them again. */
  readonly random?: () => number;
}

const healthy: LinkFaults = {};

/** A TCP proxy on the loopback that disturbs what it passes on, as told at run time. Holds little, whatever it is told. */
export class TcpFaultProxy {
  readonly host = '127.0.0.1';
  private readonly connections = new Set<Connection>();
  private readonly faults: Record<Direction, LinkFaults> = { up: healthy, down: healthy };
  private server: Server | undefined;
  private listeningPort = 0;

  private target: TcpFaultProxyOptions['target'];

  private constructor(private readonly options: TcpFaultProxyOptions) {
    this.target = options.target;
  }

  /** Rejects when the port is taken. */
  static async open(options: TcpFaultProxyOptions): Promise<TcpFaultProxy> {
    const proxy = new TcpFaultProxy(options);
    proxy.listeningPort = options.port ?? 0;
    await proxy.accept();
    return proxy;
  }

  get port(): number {
    return this.listeningPort;
  }

  /** Connections that pass through now. */
  get size(): number {
    return this.connections.size;
  }

  /** Bytes in hand over all connections. */
  get held(): number {
    return [...this.connections].reduce((sum, connection) => sum + connection.held, 0);
  }

  /** From now on, for open and new connections, in place of the faults set before. */
  disturb(direction: Direction | 'both', faults: LinkFaults): void {
    for (const one of ['up', 'down'] as const) {
      if (direction !== 'both' && direction !== one) continue;
      this.faults[one] = faults;
      for (const connection of this.connections) connection.set(one, faults);
    }
  }

  /** Lets new connections wait at an open port and passes nothing on, without a word: what a firewall drops. */
  blackHole(): void {
    this.disturb('both', { blackHole: true });
  }

  /** Takes back what `disturb`, `blackHole` and `refuse` did. */
  async heal(): Promise<void> {
    this.disturb('both', healthy);
    await this.accept();
  }

  /** Sends new connections elsewhere, as an address does that follows a failover. Open ones stay where they are. */
  aim(target: TcpFaultProxyOptions['target']): void {
    this.target = target;
  }

  /** Resets every open connection; new ones are welcome. */
  cut(): void {
    for (const connection of [...this.connections]) connection.cut();
  }

  /** Refuses new connections until `heal`; open ones go on. */
  async refuse(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    // Stops to listen at once; its callback would wait for the connections.
    server?.close();
    await Promise.resolve();
  }

  async close(): Promise<void> {
    await this.refuse();
    this.cut();
  }

  private async accept(): Promise<void> {
    if (this.server !== undefined) return;
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => this.take(near));
    this.server = server.listen(this.listeningPort, this.host);
    await once(server, 'listening');
    this.listeningPort = (server.address() as AddressInfo).port;
  }

  private take(near: Socket): void {
    const { random = Math.random } = this.options;
    const connection = new Connection(near, this.target, this.faults, random);
    this.connections.add(connection);
    void connection.run().finally(() => this.connections.delete(connection));
  }
}

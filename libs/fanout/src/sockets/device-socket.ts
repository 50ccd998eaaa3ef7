import { DeviceFrame, fanoutErrors, socketCloseCodes, type ServerFrame } from '@causeway/contracts/fanout';
import type { DeviceId, GatekeeperId, UserId } from '@causeway/contracts/ids';
import { limits } from '@causeway/limits';
import type { WebSocket } from 'ws';
import { DeviceConnections } from '../connections/device-connections.js';
import type { ConnectionDependencies } from '../connections/ports.js';
import type { OptIns } from '../accounts/opt-ins.js';

/** Most frames of a device that wait for their turn; beyond it nothing more is read from its socket. */
const FRAME_QUEUE = 64;

/** Who is at the other end of a socket. */
export interface SocketDevice {
  readonly deviceId: DeviceId;
  readonly userId: UserId;
  readonly address: string | undefined;
}

/** One device's socket: reads its frames in order, writes frames no faster than it reads them. */
export class DeviceSocket {
  readonly connections: DeviceConnections;
  #queued = 0;
  #closing = false;
  #order: Promise<void> = Promise.resolve();

  constructor(
    private readonly socket: WebSocket,
    readonly device: SocketDevice,
    private readonly deps: ConnectionDependencies,
    optIns: OptIns,
  ) {
    const replaced = () => void this.close(socketCloseCodes.replaced);
    this.connections = new DeviceConnections(device, optIns, (frame) => this.send(frame), replaced, deps);
    socket.on('message', (data, isBinary) => this.#received(data, isBinary));
  }

  /** Opens the device's connections; frames that came earlier wait for them. */
  open(): Promise<void> {
    const opened = this.connections.refresh();
    this.#order = opened.catch(() => undefined);
    return opened;
  }

  /** @returns false when the device does not keep up: its socket is being closed. */
  send(frame: ServerFrame): boolean {
    if (this.socket.readyState !== this.socket.OPEN) return false;
    if (this.socket.bufferedAmount > limits.socketBufferedBytes.value) {
      void this.close(socketCloseCodes.tooSlow);
      return false;
    }
    this.deps.metrics.frames.inc({ direction: 'out', type: frame.type });
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /**
   * Closes the socket and signs the device off, without waiting for a device that may not answer.
   * @param why told to the session service
   */
  close(code: number, why = 'device_gone'): Promise<void> {
    if (!this.#closing) this.deps.metrics.closed.inc({ code });
    this.#closing = true;
    this.socket.close(code);
    return this.signOff(why);
  }

  /** The device is not here any more. Never throws. */
  async signOff(why: string): Promise<void> {
    this.#closing = true;
    await this.connections.close(why).catch((error: unknown) => {
      this.deps.logger.warn({ err: error }, 'the end of a connection could not be told; its absence is seen');
    });
  }

  /** Cuts the socket off. */
  terminate(): void {
    this.socket.terminate();
  }

  #received(data: WebSocket.RawData, isBinary: boolean): void {
    if (this.#closing) return;
    const frame = isBinary ? undefined : parse(data);
    if (frame === undefined) return void this.close(socketCloseCodes.badFrame);
    this.deps.metrics.frames.inc({ direction: 'in', type: frame.type });
    this.#queued += 1;
    if (this.#queued >= FRAME_QUEUE) this.socket.pause();
    this.#order = this.#order.then(() => this.#handle(frame)).finally(() => this.#done());
  }

  #done(): void {
    this.#queued -= 1;
    if (this.#queued < FRAME_QUEUE) this.socket.resume();
  }

  async #handle(frame: DeviceFrame): Promise<void> {
    const { gatekeeper, type } = frame;
    const connection =
      type === 'noise-dh' ? this.connections.asking(gatekeeper) : this.connections.get(gatekeeper);
    if (connection === undefined) return this.#refuse(frame, fanoutErrors.not_enlisted.code, false);
    try {
      await (frame.type === 'ack' ? connection.acknowledge(frame.deliveries) : connection.handle(frame));
    } catch (error) {
      this.deps.logger.warn({ err: error, frame: frame.type }, 'a frame could not be handled');
      this.#refuse(frame, fanoutErrors.send_unavailable.code, true);
    }
  }

  #refuse(frame: DeviceFrame, code: string, retryable: boolean): void {
    const gatekeeper: GatekeeperId = frame.gatekeeper;
    if (frame.type === 'send') this.send({ type: 'refused', gatekeeper, id: frame.id, code, retryable });
    if (frame.type === 'query') {
      this.send({ type: 'refused', gatekeeper, correlationId: frame.correlationId, code, retryable });
    }
  }
}

function parse(data: WebSocket.RawData): DeviceFrame | undefined {
  try {
    // `ws` gives one Buffer for a text message unless told otherwise.
    const parsed = DeviceFrame.safeParse(JSON.parse((data as Buffer).toString('utf8')));
    return parsed.data;
  } catch {
    return undefined;
  }
}

import { SOCKET_PATH, ServerFrame, socketCloseCodes } from '@causeway/contracts/fanout';
import type { DeviceFrame } from '@causeway/contracts/fanout';
import { WebSocket } from 'ws';
import type { Clock, Timer } from '../clock.js';
import type { SignedPreKeyPair } from '../suites/port.js';
import { backoffMs } from './backoff.js';
import type { AccessToken } from './http-client.js';

/** Largest frame that is read: a message's ciphertext in base64 with its envelope. */
const maxFrameBytes = 1024 * 1024;
/** Bytes that may wait to be written; a device that cannot write them is cut off by the server. */
const maxBufferedBytes = 4 * 1024 * 1024;
const handshakeTimeoutMs = 10_000;
const pingEveryMs = 20_000;
/** After so long a connection counts as good, and the next failure waits short again. */
const stableAfterMs = 30_000;
const bounds = { firstMs: 250, maxMs: 30_000 };

/** Why the socket will not come back by itself. */
export type SocketEnd = 'replaced' | 'frame_refused' | 'device_refused';

/** What the owner of a socket is told. */
export interface SocketListener {
  opened(): void;
  closed(): void;
  /** The socket stays down until `start` is called again. */
  ended(code: SocketEnd): void;
  frame(frame: ServerFrame): void;
}

/** Where frames of the device go, and come from: the provider's socket, or the device's own connection. */
export interface FrameSocket {
  start(): void;
  /** Closes and stays closed. */
  stop(): void;
  /** Cuts the connection, so that everything unacknowledged is delivered again by the next one. */
  restart(): void;
  /** @returns false when there is no connection, or it does not keep up. */
  send(frame: DeviceFrame): boolean;
  /** Stops reading from the network until `resume`. */
  pause(): void;
  resume(): void;
  /**
   * Gives the gatekeeper a new signed prekey. Only of a device's own connection: elsewhere the provider does it with
   * what was published.
   * @throws ChatError
   */
  rotateSignedPreKey?(signed: SignedPreKeyPair): Promise<void>;
}

/** The device's WebSocket to the provider, which connects again with growing, jittered waits until it is stopped. */
export class DeviceSocket implements FrameSocket {
  private socket: WebSocket | undefined;
  private timer: Timer;
  private wanted = false;
  private failures = 0;
  private openedAt = 0;
  private alive = false;

  constructor(
    private readonly options: {
      readonly base: string;
      readonly deviceId: string;
      readonly accessToken: AccessToken;
      readonly clock: Clock;
      readonly random: () => number;
    },
    private readonly listener: SocketListener,
  ) {}

  start(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.failures = 0;
    void this.connect();
  }

  /** Closes and stays closed. */
  stop(): void {
    this.wanted = false;
    this.options.clock.clearTimeout(this.timer);
    this.socket?.close(1000);
    this.drop();
  }

  /** Cuts the connection, so that everything unacknowledged is delivered again by the next one. */
  restart(): void {
    this.socket?.terminate();
  }

  /** @returns false when there is no connection, or it does not keep up. */
  send(frame: DeviceFrame): boolean {
    const { socket } = this;
    if (socket?.readyState !== WebSocket.OPEN || socket.bufferedAmount > maxBufferedBytes) return false;
    socket.send(JSON.stringify(frame));
    return true;
  }

  /** Stops reading from the network until `resume`. */
  pause(): void {
    this.socket?.pause();
  }

  resume(): void {
    this.socket?.resume();
  }

  private async connect(): Promise<void> {
    const { base, deviceId, accessToken } = this.options;
    let token: string;
    try {
      token = await accessToken();
    } catch {
      return this.again();
    }
    if (!this.wanted) return;
    const url = `${base.replace(/^http/, 'ws')}${SOCKET_PATH}?device=${deviceId}`;
    const socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${token}` },
      handshakeTimeout: handshakeTimeoutMs,
      maxPayload: maxFrameBytes,
      perMessageDeflate: false,
      followRedirects: false,
    });
    this.socket = socket;
    const current = (run: () => void) => () => {
      if (this.socket === socket) run();
    };
    let refusal = 0;
    socket.on(
      'open',
      current(() => this.opened()),
    );
    socket.on(
      'pong',
      current(() => (this.alive = true)),
    );
    socket.on('message', (data, isBinary) => {
      this.alive = true;
      if (this.socket === socket && !isBinary) this.read(String(data));
    });
    socket.on('unexpected-response', (_request, response) => {
      refusal = response.statusCode ?? 0;
      socket.terminate();
    });
    // An error is always followed by `close`, which decides what happens next.
    socket.on('error', () => undefined);
    socket.on('close', (code) => {
      if (this.socket === socket) this.closed(code, refusal);
    });
  }

  private opened(): void {
    this.openedAt = this.options.clock.now();
    this.alive = true;
    this.keepAlive();
    this.listener.opened();
  }

  private read(text: string): void {
    let frame;
    try {
      frame = ServerFrame.safeParse(JSON.parse(text));
    } catch {
      return;
    }
    // Unknown frames are of a newer server and say nothing to this device.
    if (frame.success) this.listener.frame(frame.data);
  }

  private closed(code: number, refusal: number): void {
    this.drop();
    if (!this.wanted) return;
    if (code === socketCloseCodes.replaced) return this.end('replaced');
    if (code === socketCloseCodes.badFrame) return this.end('frame_refused');
    if (refusal === 403 || refusal === 404) return this.end('device_refused');
    if (code === socketCloseCodes.serviceRestart) this.failures = 0;
    this.again();
  }

  private end(code: SocketEnd): void {
    this.wanted = false;
    this.listener.ended(code);
  }

  private again(): void {
    if (!this.wanted) return;
    const { clock, random } = this.options;
    if (this.openedAt > 0 && clock.now() - this.openedAt > stableAfterMs) this.failures = 0;
    this.openedAt = 0;
    this.failures += 1;
    this.timer = clock.setTimeout(() => void this.connect(), backoffMs(this.failures, bounds, random()));
  }

  private keepAlive(): void {
    this.timer = this.options.clock.setTimeout(() => {
      if (!this.alive) return this.restart();
      this.alive = false;
      this.socket?.ping();
      this.keepAlive();
    }, pingEveryMs);
  }

  private drop(): void {
    const wasThere = this.socket !== undefined;
    this.socket = undefined;
    this.options.clock.clearTimeout(this.timer);
    if (wasThere) this.listener.closed();
  }
}

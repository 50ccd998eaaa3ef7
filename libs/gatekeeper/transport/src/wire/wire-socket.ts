import { EventEmitter } from 'node:events';
import { limits } from '@causeway/limits';
import {
  edgeRoutingIntro,
  FrameReader,
  maxEdgeRoutingBytes,
  NoiseError,
  type NoiseStaticKey,
  type NoiseTransport,
  writeFrame,
} from '@causeway/noise';
import type { Stanza } from '@causeway/xml';
import type { Duplex } from 'node:stream';
import WebSocket from 'ws';
import { UpstreamError, upstreamError } from '../upstream-error.js';
import type { WireProfile } from '../wire-profile.js';
import { FrameQueue } from './frame-queue.js';
import { performHandshake } from './handshake.js';
import { secureContextOf } from './secure-context.js';
import { type DecodedFrame, frameOverhead, WireCodec } from './wire-codec.js';
import { wireUrl } from './wire-url.js';

export interface WireSocketOptions {
  readonly profile: WireProfile;
  readonly noiseKey: NoiseStaticKey;
  /** Encoded ClientPayload. */
  readonly payload: Uint8Array;
  readonly now: () => number;
  /** Opens the way to the host of the profile's URL, TLS included where it says so; Node's own when absent. */
  readonly dial?: () => Promise<Duplex>;
  /** Of the request that opens the WebSocket. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * What `<ib><edge_routing>` gave in an earlier session of this account; sent before the connection header. Left out
   * when it is empty or longer than any routing information: the server's word must not keep us from logging in.
   */
  readonly routingInfo?: Uint8Array;
}

interface WireSocketEvents {
  /** The handshake is done. */
  connect: [];
  data: [DecodedFrame];
  error: [UpstreamError];
  close: [dirty: boolean, reason: unknown];
}

/**
 * WebSocket, frames, Noise and codec in one: stanzas in, stanzas out. Reading waits for `resume`, because
 * @xmpp/connection has no parser before its stream is open.
 */
export class WireSocket extends EventEmitter<WireSocketEvents> {
  private readonly codec: WireCodec;
  private readonly reader: FrameReader;
  private readonly queue = new FrameQueue();
  private socket: WebSocket | undefined;
  private noise: NoiseTransport | undefined;
  private paused = true;
  private dialled = false;
  private headerSent = false;
  private failed = false;
  private readonly profile: WireProfile;
  private readonly now: () => number;
  /** What the login needs; forgotten when that is over, so that thousands of open connections hold no key and no token. */
  private login: Omit<WireSocketOptions, 'profile' | 'now'> | undefined;

  constructor({ profile, now, ...login }: WireSocketOptions) {
    super();
    this.profile = profile;
    this.now = now;
    this.login = login;
    this.codec = new WireCodec(profile);
    this.reader = new FrameReader(limits.noiseHandshakeBytes.value, frameOverhead);
  }

  get secure(): boolean {
    return this.profile.url.startsWith('wss:');
  }

  /** Dial, always the profile's URL: whatever the stream says, no other host is contacted and no redirect followed. */
  connect(url: string): void {
    let target: URL;
    try {
      if (this.dialled || this.failed || url !== this.profile.url) throw new UpstreamError('host_refused');
      target = wireUrl(url);
      this.dialled = true;
    } catch (error) {
      queueMicrotask(() => this.emit('error', upstreamError(error, 'host_refused')));
      return;
    }
    const { dial } = this.login ?? {};
    if (dial === undefined) return this.open(target);
    dial().then(
      (connection) => (this.failed ? void connection.destroy() : this.open(target, connection)),
      (error: unknown) => this.destroy(upstreamError(error, 'connect_failed')),
    );
  }

  private open(target: URL, connection?: Duplex): void {
    const { origin, limits } = this.profile;
    this.socket = new WebSocket(target, {
      headers: this.login?.headers ?? {},
      ...(connection !== undefined && { createConnection: () => connection }),
      followRedirects: false,
      perMessageDeflate: false,
      handshakeTimeout: limits.connectMs,
      ...(origin !== undefined && { origin }),
      ...(this.secure && { secureContext: secureContextOf() }),
      // A message may hold several frames, but no more than two of the largest.
      maxPayload: 2 * limits.maxFrameBytes,
    });
    this.socket.on('open', () => void this.logIn());
    this.socket.on('message', (data, isBinary) => this.onMessage(data, isBinary));
    this.socket.on('error', (error) => this.onSocketError(error));
    this.socket.on('close', (code) => this.onSocketClosed(code));
  }

  /** Let received stanzas flow: what waits first, then what comes. */
  resume(): void {
    this.paused = false;
    this.drain();
    if (!this.paused) this.socket?.resume();
  }

  pause(): void {
    this.paused = true;
    this.socket?.pause();
  }

  /** @throws UpstreamError `not_connected`, `not_encodable`, `send_buffer_full`, `connection_lost` */
  send(stanza: Stanza): void {
    const { socket, noise } = this;
    if (noise === undefined || socket?.readyState !== WebSocket.OPEN)
      throw new UpstreamError('not_connected');
    const plaintext = this.codec.encode(stanza);
    // Before encrypting: a nonce that was used must be sent.
    if (socket.bufferedAmount + plaintext.length > this.profile.limits.maxSendBufferBytes) {
      throw new UpstreamError('send_buffer_full');
    }
    try {
      socket.send(writeFrame(noise.encrypt(plaintext)));
    } catch (error) {
      if (error instanceof NoiseError)
        this.destroy(new UpstreamError('wire_broken', undefined, { cause: error }));
      throw upstreamError(error, 'connection_lost');
    }
  }

  /** Close politely. */
  end(): void {
    if (this.socket !== undefined) return this.socket.close(1000);
    this.destroy(new UpstreamError('closed'));
    this.emit('close', false, 1000);
  }

  /** Close at once, forget the keys, and report why; later calls do nothing. */
  destroy(reason: UpstreamError): void {
    if (this.failed) return;
    this.failed = true;
    this.login = undefined;
    this.noise?.destroy();
    this.queue.end(reason);
    this.socket?.terminate();
    this.emit('error', reason);
  }

  private async logIn(): Promise<void> {
    const { profile, now, login } = this;
    if (login === undefined) return;
    const { noiseKey, payload } = login;
    try {
      this.noise = await performHandshake({
        profile,
        noiseKey,
        payload,
        now,
        send: (message) => this.sendHandshake(message),
        receive: () => this.queue.next(),
      });
    } catch (error) {
      this.destroy(upstreamError(error, 'handshake_failed'));
      return;
    } finally {
      payload.fill(0);
      this.login = undefined;
    }
    this.reader.limitTo(profile.limits.maxFrameBytes);
    if (this.failed) this.noise.destroy();
    else this.emit('connect');
  }

  private sendHandshake(message: Uint8Array): void {
    const frame = writeFrame(message);
    const opening = this.headerSent ? [] : this.opening();
    this.headerSent = true;
    this.socket?.send(Buffer.concat([...opening, frame]));
  }

  /** What stands before the first frame. */
  private opening(): readonly Uint8Array[] {
    const { routingInfo = new Uint8Array() } = this.login ?? {};
    const header = Buffer.from(this.profile.header, 'hex');
    const routed = routingInfo.length > 0 && routingInfo.length <= maxEdgeRoutingBytes;
    return routed ? [edgeRoutingIntro(routingInfo), header] : [header];
  }

  private onMessage(data: WebSocket.RawData, isBinary: boolean): void {
    if (this.failed) return;
    if (!isBinary || !Buffer.isBuffer(data)) return this.destroy(new UpstreamError('wire_broken'));
    try {
      for (const frame of this.reader.push(data)) this.queue.push(frame);
    } catch (error) {
      return this.destroy(new UpstreamError('wire_broken', undefined, { cause: error }));
    }
    if (!this.paused) this.drain();
    // What came with the last handshake message waits for the stream; nothing more is read before it opens.
    else if (this.queue.size > 0) this.socket?.pause();
  }

  private drain(): void {
    while (!this.paused && !this.failed) {
      const frame = this.queue.take();
      const plaintext = frame && this.decrypt(frame);
      if (plaintext === undefined) return;
      this.emit('data', this.codec.decode(plaintext));
    }
  }

  private decrypt(frame: Uint8Array): Uint8Array | undefined {
    try {
      return this.noise?.decrypt(frame);
    } catch (error) {
      this.destroy(new UpstreamError('wire_broken', undefined, { cause: error }));
      return undefined;
    }
  }

  private onSocketError(error: Error): void {
    this.destroy(
      new UpstreamError(this.headerSent ? 'connection_lost' : 'connect_failed', undefined, { cause: error }),
    );
  }

  private onSocketClosed(code: number): void {
    this.destroy(new UpstreamError(this.headerSent ? 'connection_lost' : 'connect_failed'));
    this.emit('close', code !== 1000, code);
  }
}

import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { UpstreamError, upstreamError } from '../../upstream-error.js';
import type { Rfc6120Profile } from '../rfc6120-profile.js';
import { upgradeToTls } from './starttls.js';

/** Bytes handed on at a time: what they hold in stanzas still fits when reading stops after them. */
const pieceBytes = 2_048;

interface SecureSocketEvents {
  /** The connection is encrypted, and the server is who it should be. */
  connect: [];
  data: [Uint8Array];
  error: [UpstreamError];
  close: [dirty: boolean, reason: unknown];
}

/** The one connection of a login, always encrypted: a TCP connection that is dialled for it, STARTTLS, then bytes both ways. */
export class SecureSocket extends EventEmitter<SecureSocketEvents> {
  private tcp: Socket | undefined;
  private tls: TLSSocket | undefined;
  private held: Uint8Array | undefined;
  private paused = false;
  private failed = false;

  /** @param dial as `Rfc6120ConnectionOptions.dial` */
  constructor(
    private readonly profile: Rfc6120Profile,
    private readonly dial: () => Promise<Socket>,
  ) {
    super();
  }

  /** Dial, once. The outcome is an event. */
  connect(): void {
    this.dial().then(
      (tcp) => (this.failed ? void tcp.destroy() : this.begin(tcp)),
      (error: unknown) => this.destroy(upstreamError(error, 'connect_failed')),
    );
  }

  /** Let received bytes flow: what waits first, then what comes. */
  resume(): void {
    this.paused = false;
    this.drain();
    if (!this.paused) this.tls?.resume();
  }

  pause(): void {
    this.paused = true;
    this.tls?.pause();
  }

  /** @throws UpstreamError `not_connected`, `send_buffer_full` */
  write(text: string): void {
    const { tls } = this;
    if (tls === undefined || !tls.writable) throw new UpstreamError('not_connected');
    if (tls.writableLength + text.length > this.profile.limits.maxSendBufferBytes) {
      throw new UpstreamError('send_buffer_full');
    }
    tls.write(text);
  }

  /** Write what is left and close. */
  end(): void {
    if (this.tls !== undefined) return void this.tls.end();
    if (this.tcp !== undefined) return void this.tcp.destroy();
    // What is still being dialled is nobody's when it comes.
    this.destroy(new UpstreamError('closed'));
    this.emit('close', false, undefined);
  }

  /** Close at once and report why; later calls do nothing. */
  destroy(reason: UpstreamError): void {
    if (this.failed) return;
    this.failed = true;
    this.held = undefined;
    this.tls?.destroy();
    // Its errors are of no interest any more, but without a listener one of them would end the process.
    this.tcp?.on('error', () => undefined).destroy();
    this.emit('error', reason);
  }

  private begin(tcp: Socket): void {
    this.tcp = tcp;
    tcp.once('close', () => this.onClosed());
    void this.secure(tcp);
  }

  private async secure(tcp: Socket): Promise<void> {
    try {
      this.tls = await upgradeToTls(tcp, this.profile);
    } catch (error) {
      return this.destroy(upstreamError(error, 'handshake_failed'));
    }
    if (this.failed) return void this.tls.destroy();
    this.tls.on('error', (cause) => this.destroy(new UpstreamError('connection_lost', undefined, { cause })));
    this.tls.on('close', () => this.destroy(new UpstreamError('connection_lost')));
    this.tls.on('data', (bytes: Buffer) => {
      this.held = this.held === undefined ? bytes : Buffer.concat([this.held, bytes]);
      this.drain();
    });
    this.emit('connect');
  }

  private drain(): void {
    while (!this.paused && !this.failed && this.held !== undefined) {
      const piece = this.held.subarray(0, pieceBytes);
      this.held = this.held.length > piece.length ? this.held.subarray(piece.length) : undefined;
      this.emit('data', piece);
    }
  }

  private onClosed(): void {
    this.destroy(new UpstreamError(this.tls === undefined ? 'connect_failed' : 'connection_lost'));
    this.emit('close', true, undefined);
  }
}

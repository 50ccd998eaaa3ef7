import { encodeClientPayload, ConnectReason, Product } from '@causeway/content';
import { FrameReader, writeFrame, type NoiseStaticKey, type NoiseTransport } from '@causeway/noise';
import { children, type Stanza, textAttr } from '@causeway/xml';
import { WebSocket } from 'ws';
import type { Clock, Timer } from '../clock.js';
import { ChatError } from './chat-error.js';
import { handshake } from './handshake.js';
import { answerTo } from './stanzas.js';
import { decodeFrame, encodeFrame, frameOverheadBytes, maxFrameBytes, type GatekeeperWire } from './wire.js';

const connectMs = 20_000;
const queryMs = 10_000;
/** Queries that wait for an answer. */
const maxQueries = 64;
/** Frames that wait while the handshake computes; a server sends one. */
const maxWaitingFrames = 64;

/** What a login is made of. */
export interface ChatLogin {
  readonly noiseKey: NoiseStaticKey;
  /** The number N of `<integrator>-N@interop`, decimal digits. */
  readonly accountNumber: string;
  readonly token: string;
  readonly readReceipts: boolean;
}

export interface ChatOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly wire: GatekeeperWire;
  readonly login: ChatLogin;
  readonly clock: Clock;
  /** Stanzas that are no answers. */
  readonly onStanza: (received: Stanza) => void;
  /** The connection is gone; not called when opening fails. @param closeCode of the WebSocket */
  readonly onEnd: (closeCode: number) => void;
}

/** One connection of the device to the gatekeeper's chat server: WebSocket, frames, Noise and stanzas. */
export class ChatChannel {
  readonly #reader = new FrameReader(maxFrameBytes, frameOverheadBytes);
  readonly #early: Uint8Array[] = [];
  readonly #queries = new Map<string, PromiseWithResolvers<Stanza>>();
  #awaited: PromiseWithResolvers<Uint8Array> | undefined;
  #noise: NoiseTransport | undefined;
  #loggedIn = Promise.withResolvers<void>();
  #opened = false;
  #headerSent = false;
  #nextId = 1;

  private constructor(
    private readonly socket: WebSocket,
    private readonly options: ChatOptions,
  ) {
    this.#loggedIn.promise.catch(() => undefined);
    socket.on('message', (data, isBinary) => this.#received(data as Buffer, isBinary));
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_request, response) => {
      this.#fail(new ChatError('chat_refused', String(response.statusCode)));
      socket.terminate();
    });
    socket.on('close', (code) => {
      this.#fail(new ChatError(this.#headerSent ? 'chat_lost' : 'chat_unreachable', String(code)));
      this.#noise?.destroy();
      if (this.#opened) options.onEnd(code);
    });
  }

  /**
   * Connects and logs in, without delivery until `<active/>` is sent.
   * @throws ChatError
   */
  static async open(options: ChatOptions): Promise<ChatChannel> {
    const socket = new WebSocket(options.url, {
      headers: options.headers,
      handshakeTimeout: connectMs,
      maxPayload: 2 * maxFrameBytes,
      perMessageDeflate: false,
      followRedirects: false,
    });
    const channel = new ChatChannel(socket, options);
    const timer = options.clock.setTimeout(() => socket.terminate(), connectMs);
    try {
      await channel.#logIn();
      channel.#opened = true;
      return channel;
    } catch (error) {
      socket.terminate();
      throw error;
    } finally {
      options.clock.clearTimeout(timer);
    }
  }

  /** @returns false when there is no connection any more. */
  send(outgoing: Stanza): boolean {
    if (this.#noise === undefined || this.socket.readyState !== WebSocket.OPEN) return false;
    this.socket.send(writeFrame(this.#noise.encrypt(encodeFrame(outgoing))));
    return true;
  }

  /** Sends an IQ and waits for its answer. @throws ChatError `query_timeout`, `query_refused`, `chat_lost` */
  async query(request: Stanza): Promise<Stanza> {
    if (this.#queries.size >= maxQueries) throw new ChatError('query_refused', 'too_many');
    const id = `q${this.#nextId++}`;
    const answer = Promise.withResolvers<Stanza>();
    this.#queries.set(id, answer);
    const late = () => answer.reject(new ChatError('query_timeout'));
    const timer: Timer = this.options.clock.setTimeout(late, queryMs);
    try {
      if (!this.send({ ...request, attrs: { ...request.attrs, id } })) throw new ChatError('chat_lost');
      return await answer.promise;
    } finally {
      this.options.clock.clearTimeout(timer);
      this.#queries.delete(id);
    }
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  close(): void {
    this.socket.close(1000);
  }

  terminate(): void {
    this.socket.terminate();
  }

  async #logIn(): Promise<void> {
    const { wire, login, clock } = this.options;
    const opened = Promise.withResolvers<void>();
    this.socket.once('open', () => opened.resolve());
    await Promise.race([opened.promise, this.#loggedIn.promise]);
    const payload = encodeClientPayload({
      product: Product.INTEROP,
      passive: true,
      pull: true,
      connectReason: ConnectReason.USER_ACTIVATED,
      interopData: {
        accountId: BigInt(login.accountNumber),
        token: new TextEncoder().encode(login.token),
        enableReadReceipts: login.readReceipts,
      },
    });
    this.#noise = await handshake({
      wire,
      noiseKey: login.noiseKey,
      payload,
      now: clock.now(),
      send: (message) => this.#sendHandshake(message),
      receive: () => this.#nextFrame(),
    });
    for (const frame of this.#early.splice(0)) this.#frame(frame);
    await this.#loggedIn.promise;
  }

  #sendHandshake(message: Uint8Array): void {
    const header = this.#headerSent ? new Uint8Array() : Buffer.from(this.options.wire.header, 'hex');
    this.#headerSent = true;
    this.socket.send(Buffer.concat([header, writeFrame(message)]));
  }

  #nextFrame(): Promise<Uint8Array> {
    const frame = this.#early.shift();
    if (frame !== undefined) return Promise.resolve(frame);
    this.#awaited = Promise.withResolvers<Uint8Array>();
    return Promise.race([
      this.#awaited.promise,
      this.#loggedIn.promise.then(() => Promise.reject(new ChatError('server_not_authentic'))),
    ]);
  }

  #received(data: Buffer, isBinary: boolean): void {
    try {
      if (!isBinary) throw new ChatError('chat_lost');
      for (const frame of this.#reader.push(data)) this.#frame(frame);
    } catch {
      // Whatever does not open or parse ends the connection; what was not acknowledged is delivered again.
      this.socket.terminate();
    }
  }

  #frame(frame: Uint8Array): void {
    if (this.#noise !== undefined) return this.#stanza(decodeFrame(this.#noise.decrypt(frame)));
    if (this.#awaited !== undefined) {
      this.#awaited.resolve(frame);
      this.#awaited = undefined;
    } else if (this.#early.push(frame) > maxWaitingFrames) throw new ChatError('chat_lost');
  }

  #stanza(received: Stanza): void {
    const { tag, attrs } = received;
    if (tag === 'success') return this.#loggedIn.resolve();
    if (tag === 'failure') return this.#fail(new ChatError('login_refused', textAttr(received, 'reason')));
    if (tag !== 'iq') return this.options.onStanza(received);
    const waiting = this.#queries.get(textAttr(received, 'id') ?? '');
    if (attrs.type === 'result') return waiting?.resolve(received);
    if (attrs.type === 'error')
      return waiting?.reject(
        new ChatError('query_refused', textAttr(children(received, 'error')[0], 'code')),
      );
    const answer = answerTo(received);
    if (answer !== undefined) this.send(answer);
  }

  #fail(error: ChatError): void {
    this.#loggedIn.reject(error);
    this.#awaited?.reject(error);
    for (const { reject } of this.#queries.values()) reject(error);
  }
}

import type { WebSocket } from 'ws';
import { seconds } from '../clock.js';
import { SimulatorError } from '../errors.js';
import type { Node } from '../seam.js';
import { packStanza, unpackStanza } from './codec/payload.js';
import { frame, FrameReader } from './frames.js';
import { NoiseResponder, type Channel } from './noise/responder.js';
import { handshakeMessage } from './proto.js';
import { judgeLogin } from './login.js';
import type { ChatContext } from './server.js';
import { Session, type Line } from './session.js';
import { node } from './stanzas.js';

/** Sent once by the client before the first frame: "WA", magic 6, dictionary version 3. It is the prologue. */
export const connectionHeader = Uint8Array.of(0x57, 0x41, 6, 3);

/** One WebSocket from its first byte to its close. Whatever comes, at worst this connection ends. */
export class Connection implements Line {
  readonly #frames: FrameReader;
  readonly #noise: NoiseResponder;
  readonly #inbox: Uint8Array[] = [];
  #busy = false;
  #closing = false;
  #timer: object;
  #state: 'hello' | 'finish' | 'open' = 'hello';
  #channel: Channel | undefined;
  #session: Session | undefined;

  constructor(
    private readonly socket: WebSocket,
    private readonly context: ChatContext,
  ) {
    const { exchange, identity, transcript } = context;
    this.#frames = new FrameReader(connectionHeader, exchange.limits.frameBytes);
    this.#noise = new NoiseResponder({
      transcript,
      prologue: connectionHeader,
      staticSecret: identity.staticSecret,
    });
    this.#timer = exchange.clock.setTimeout(() => this.cut(), exchange.limits.handshakeMs);
    socket.on('message', (data: Buffer) => this.#received(data));
    socket.on('close', () => this.#gone());
    // The close event follows and does what is to be done.
    socket.on('error', () => undefined);
  }

  send(stanza: Node): void {
    if (this.#closing || !this.#channel) return;
    const { dictionary, exchange } = this.context;
    const sealed = this.#channel.send.encrypt(packStanza(stanza, dictionary, 'to-client'));
    this.socket.send(frame(sealed));
    if (this.socket.bufferedAmount > exchange.limits.unsentBytes) this.cut();
  }

  goodbye(last?: Node): void {
    if (last) this.send(last);
    this.send(node('xmlstreamend'));
    this.#closing = true;
    this.socket.close();
  }

  cut(): void {
    this.#closing = true;
    this.socket.terminate();
  }

  #received(data: Buffer): void {
    if (this.#closing) return;
    if (this.#state === 'open') this.#awaitNext();
    try {
      for (const body of this.#frames.push(data)) this.#inbox.push(body);
    } catch {
      return this.#malformed();
    }
    if (this.#inbox.length > this.context.exchange.limits.inboxFrames) this.socket.pause();
    if (!this.#busy) void this.#work();
  }

  /** Handles frames one after the other; a login waits for the partner's keys, and what follows waits for it. */
  async #work(): Promise<void> {
    this.#busy = true;
    try {
      for (let body = this.#inbox.shift(); body && !this.#closing; body = this.#inbox.shift()) {
        if (this.#state === 'open') this.#stanza(body);
        else if (this.#state === 'finish') await this.#finish(body);
        else this.#hello(body);
      }
    } catch {
      this.#malformed();
    } finally {
      this.#busy = false;
      this.socket.resume();
    }
  }

  #hello(body: Uint8Array): void {
    const hello = handshakeMessage.decode(body).clientHello;
    if (!hello?.ephemeral)
      throw new SimulatorError('login_malformed', 'no ephemeral key in the first message');
    this.#noise.readFirst(hello.ephemeral, hello.payload ?? new Uint8Array());
    const { identity, exchange } = this.context;
    const serverHello = this.#noise.writeSecond(
      identity.chain(exchange.clock.now(), exchange.shown.certificate),
    );
    this.socket.send(frame(handshakeMessage.encode({ serverHello })));
    this.#state = 'finish';
  }

  async #finish(body: Uint8Array): Promise<void> {
    const finish = handshakeMessage.decode(body).clientFinish;
    if (!finish?.static || !finish.payload) throw new SimulatorError('login_malformed', 'no third message');
    const third = this.#noise.readThird(finish.static, finish.payload);
    this.#channel = this.#noise.split();
    const { exchange, tokens } = this.context;
    const login = await judgeLogin(third.payload, third.static, exchange.accounts, tokens);
    if (this.#closing) return;
    if ('failure' in login) {
      exchange.records.count('loginsRefused');
      return this.goodbye(node('failure', login.failure));
    }
    this.#state = 'open';
    this.#awaitNext();
    this.send(node('success', { t: seconds(exchange.clock) }));
    this.#session = new Session(exchange, login.account, this);
    this.#session.open(login.passive);
  }

  #stanza(body: Uint8Array): void {
    const plaintext = this.#channel?.receive.decrypt(body) ?? body;
    const { dictionary, exchange } = this.context;
    this.#session?.handle(unpackStanza(plaintext, dictionary, exchange.limits.frameBytes));
  }

  #awaitNext(): void {
    const { clock, limits } = this.context.exchange;
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(() => this.cut(), limits.idleMs);
  }

  #malformed(): void {
    this.context.exchange.records.count('closedForMalformed');
    this.cut();
  }

  #gone(): void {
    this.#closing = true;
    this.#inbox.length = 0;
    this.context.exchange.clock.clearTimeout(this.#timer);
    this.#session?.closed();
  }
}

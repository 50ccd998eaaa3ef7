import type { DeviceFrame, ServerFrame } from '@causeway/contracts/fanout';
import { TUNNEL_PATH, tunnelCloseCodes } from '@causeway/contracts/session';
import type { AccountsClient } from '../api/accounts.js';
import { ApiError } from '../api/errors.js';
import { backoffMs } from '../api/backoff.js';
import type { AccessToken } from '../api/http-client.js';
import type { FrameSocket, SocketListener } from '../api/socket.js';
import type { Clock, Timer } from '../clock.js';
import type { NoiseKey } from '../device/noise-key.js';
import type { KeyStore } from '../store/keys.js';
import type { SignedPreKeyPair } from '../suites/port.js';
import { ChatChannel, type ChatLogin } from './chat-channel.js';
import { ChatError } from './chat-error.js';
import { ChatSession } from './chat-session.js';
import { ping } from './stanzas.js';
import type { OwnConnection } from './wire.js';

const pingEveryMs = 25_000;
const stableAfterMs = 30_000;
const bounds = { firstMs: 250, maxMs: 30_000 };

export interface ChatSocketParts {
  readonly own: OwnConnection;
  readonly gatekeeper: string;
  readonly deviceId: string;
  readonly accounts: AccountsClient;
  readonly accessToken: AccessToken;
  readonly keys: KeyStore;
  readonly noiseKey: NoiseKey;
  readonly clock: Clock;
  readonly random: () => number;
}

/** The device's own connection to the gatekeeper, in the place of its socket to the provider: it comes back until stopped. */
export class ChatSocket implements FrameSocket {
  readonly #session: ChatSession;
  #channel: ChatChannel | undefined;
  #timer: Timer;
  #wanted = false;
  #failures = 0;
  #openedAt = 0;

  constructor(
    private readonly parts: ChatSocketParts,
    private readonly listener: SocketListener,
  ) {
    this.#session = new ChatSession(parts.gatekeeper, parts.keys, (frame: ServerFrame) =>
      listener.frame(frame),
    );
  }

  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#failures = 0;
    void this.#connect();
  }

  stop(): void {
    this.#wanted = false;
    this.parts.clock.clearTimeout(this.#timer);
    this.#channel?.close();
    this.#drop();
  }

  restart(): void {
    this.#channel?.terminate();
  }

  send(frame: DeviceFrame): boolean {
    return this.#session.send(frame);
  }

  pause(): void {
    this.#session.pause();
  }

  resume(): void {
    this.#session.resume();
  }

  rotateSignedPreKey(signed: SignedPreKeyPair): Promise<void> {
    return this.#session.rotateSignedPreKey(signed);
  }

  async #connect(): Promise<void> {
    try {
      const { login, jid } = await loginOf(this.parts, 'login');
      const channel = await openChannel(this.parts, login, {
        onStanza: (received) => this.#session.received(received),
        onEnd: (code) => this.#ended(code),
      });
      if (!this.#wanted) return channel.close();
      this.#channel = channel;
      this.#openedAt = this.parts.clock.now();
      this.listener.opened();
      this.#keepAlive(channel);
      await this.#session.begin(channel, jid);
    } catch (error) {
      if (this.#channel !== undefined) return this.#channel.terminate();
      if (isFinal(error)) return this.#end();
      this.#again();
    }
  }

  #ended(closeCode: number): void {
    this.#drop();
    if (!this.#wanted) return;
    if (closeCode === tunnelCloseCodes.replaced) {
      this.#wanted = false;
      return this.listener.ended('replaced');
    }
    if (closeCode === tunnelCloseCodes.comeAgain) this.#failures = 0;
    this.#again();
  }

  #end(): void {
    this.#wanted = false;
    this.listener.ended('device_refused');
  }

  #again(): void {
    if (!this.#wanted) return;
    const { clock, random } = this.parts;
    if (this.#openedAt > 0 && clock.now() - this.#openedAt > stableAfterMs) this.#failures = 0;
    this.#openedAt = 0;
    this.#failures += 1;
    this.#timer = clock.setTimeout(() => void this.#connect(), backoffMs(this.#failures, bounds, random()));
  }

  #keepAlive(channel: ChatChannel): void {
    this.#timer = this.parts.clock.setTimeout(() => {
      channel.query(ping()).then(
        () => this.#channel === channel && this.#keepAlive(channel),
        () => channel.terminate(),
      );
    }, pingEveryMs);
  }

  #drop(): void {
    const wasThere = this.#channel !== undefined;
    this.#channel = undefined;
    this.#session.ended();
    this.parts.clock.clearTimeout(this.#timer);
    if (wasThere) this.listener.closed();
  }
}

/** What it takes to log in, with a token of the purpose. @throws ApiError */
export async function loginOf(
  { accounts, deviceId, gatekeeper, noiseKey }: ChatSocketParts,
  purpose: 'login' | 'deletion',
): Promise<{ login: ChatLogin; jid: string }> {
  const { token, accountNumber, integrator } = await accounts.ownToken(deviceId, gatekeeper, purpose);
  const login = { token, accountNumber, noiseKey: noiseKey.open(), readReceipts: true };
  return { login, jid: `${integrator}-${accountNumber}@interop` };
}

/** Connects to the gatekeeper, through the tunnel or directly. @throws ChatError */
export async function openChannel(
  { own, deviceId, gatekeeper, accessToken, clock }: ChatSocketParts,
  login: ChatLogin,
  handlers: Pick<Parameters<typeof ChatChannel.open>[0], 'onStanza' | 'onEnd'>,
): Promise<ChatChannel> {
  const common = { wire: own.wire, login, clock, ...handlers };
  if (own.mode === 'direct') return ChatChannel.open({ url: own.url, headers: {}, ...common });
  const base = own.url.replace(/^http/, 'ws').replace(/\/+$/, '');
  const url = `${base}${TUNNEL_PATH}?device=${deviceId}&gatekeeper=${gatekeeper}`;
  return ChatChannel.open({ url, headers: { authorization: `Bearer ${await accessToken()}` }, ...common });
}

/** What trying again does not change: the user has left, was suspended, or the gatekeeper is not who it should be. */
function isFinal(error: unknown): boolean {
  if (error instanceof ApiError) return error.status === 403 || error.status === 404;
  if (!(error instanceof ChatError)) return false;
  if (error.code === 'server_not_authentic') return true;
  if (error.code === 'chat_refused') return error.reason === '403' || error.reason === '404';
  return error.code === 'login_refused' && (error.reason === '415' || error.reason === '401');
}

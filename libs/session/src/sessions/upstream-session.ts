import { bodyContext, connectionName } from '@causeway/contracts/events';
import { splitSessionKey } from '@causeway/contracts/ids';
import type { TokenResponse } from '@causeway/contracts/accounts';
import { createRelayKey, encodeBody, RelaySeal } from '@causeway/relay';
import type { Clock, Timer } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Logger } from '@causeway/telemetry';
import { buildActive, buildRemoval } from '../stanzas/control.js';
import { buildPreKeyCount, readPreKeyCount } from '../stanzas/prekeys.js';
import { CommandQueue } from './command-queue.js';
import { Connection } from './connection.js';
import { Incoming } from './incoming.js';
import {
  LinkRefused,
  TokenDenied,
  type Command,
  type LinkEnd,
  type LinkFactory,
  type SessionEvents,
  type TokenSource,
  type UpstreamLink,
} from './ports.js';
import { ReconnectDelay } from './reconnect.js';
import type { SessionMetrics } from './session-metrics.js';

const STABLE_MS = 30_000;
const WATCH_MS = 1_000;
const PREKEY_THRESHOLD = 5;

/** What every session of a pod shares. */
export interface SessionDependencies {
  readonly links: LinkFactory;
  readonly tokens: TokenSource;
  readonly events: SessionEvents;
  readonly metrics: SessionMetrics;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly dedupeKey: Uint8Array;
  /** The account is deleted: its key is destroyed. */
  readonly destroyNoiseKey: (sessionKey: string) => Promise<void>;
}

/**
 * One device's upstream connection to one gatekeeper: opening → open → (lost → opening)* → closed. It lives from an
 * `open` command to the `close` of the same connection of the device, and logs in again by itself when it was lost.
 */
export class UpstreamSession {
  readonly #commands: CommandQueue;
  readonly #delay = new ReconnectDelay();
  #loggedIn = false;
  #endLogin: (end: LinkEnd) => void = () => undefined;
  #wake: () => void = () => undefined;
  #closedWith: string | undefined;

  constructor(
    readonly opened: Command<'open'>,
    private readonly deps: SessionDependencies,
    private readonly onGone: (session: UpstreamSession) => void,
  ) {
    this.#commands = new CommandQueue(deps.events, deps.metrics, deps.clock, this.#envelope);
  }

  /** Logs in and keeps logged in until closed. */
  start(): Promise<void> {
    return this.#run().finally(() => this.onGone(this));
  }

  /** Takes a command; never waits and never throws. */
  dispatch(command: Command): void {
    this.#commands.add(command);
  }

  /** Ends the connection for good. */
  close(code: string): void {
    this.#closedWith ??= code;
    this.#endLogin({ code, advice: 'stop' });
    this.#wake();
  }

  get #envelope() {
    const { sessionKey, gatekeeper, epoch } = this.opened;
    return { sessionKey, gatekeeper, epoch };
  }

  get #owner() {
    const { userId, gatekeeper } = this.opened;
    return { userId, deviceId: splitSessionKey(this.opened.sessionKey).deviceId, gatekeeper };
  }

  async #run(): Promise<void> {
    const { gatekeeper } = this.opened;
    for (;;) {
      this.#loggedIn = false;
      const startedMs = this.deps.clock.monotonicMs();
      const end = await this.#login();
      this.#commands.disconnected();
      this.deps.metrics.ended.inc({ gatekeeper, code: end.code });
      const final = end.advice === 'stop' || this.#closedWith !== undefined;
      await this.#tellEnd(end.code, final);
      if (final) return;
      if (this.deps.clock.monotonicMs() - startedMs > STABLE_MS) this.#delay.reset();
      await this.#wait(this.#delay.next());
      if (this.#closedWith !== undefined) return;
    }
  }

  /** One login from token to end. Never throws. */
  async #login(): Promise<LinkEnd> {
    const { gatekeeper, reason, sessionKey } = this.opened;
    try {
      const purpose = reason === 'deletion' ? 'deletion' : 'login';
      const token = await this.deps.tokens.get({ sessionKey, purpose });
      const link = await this.deps.links.create({ sessionKey, token, reason });
      const ended = new Promise<LinkEnd>((resolve) => {
        this.#endLogin = resolve;
        link.onEnd(resolve);
      });
      if (this.#closedWith !== undefined) return { code: this.#closedWith, advice: 'stop' };
      try {
        return await this.#serve(link, token, ended);
      } finally {
        await link.close();
      }
    } catch (error) {
      this.deps.metrics.logins.inc({ gatekeeper, outcome: 'refused' });
      if (error instanceof LinkRefused) return error.end;
      if (error instanceof TokenDenied)
        return { code: error.code, advice: error.final ? 'stop' : 'back-off' };
      this.deps.logger.error({ err: error }, 'login failed');
      return { code: 'login_refused', advice: 'back-off' };
    }
  }

  async #serve(link: UpstreamLink, token: TokenResponse, ended: Promise<LinkEnd>): Promise<LinkEnd> {
    const { metrics, events } = this.deps;
    const own = createRelayKey();
    const seal = this.#sealWith(own);
    const end = (code: string) => this.#endLogin({ code, advice: 'reconnect' });
    const { dedupeKey, clock } = this.deps;
    const connection = new Connection(
      link,
      this.#envelope,
      this.#owner,
      seal,
      dedupeKey,
      events,
      metrics,
      clock,
      end,
    );
    const incoming = new Incoming(connection);
    let order = Promise.resolve();
    link.onStanza((received) => {
      order = order.then(() => incoming.accept(received)).catch((error: unknown) => this.#failed(error));
      return order;
    });
    await link.connect();
    this.#loggedIn = true;
    metrics.logins.inc({ gatekeeper: this.opened.gatekeeper, outcome: 'success' });
    if (this.opened.reason === 'deletion') return this.#remove(link);
    metrics.open.inc({ gatekeeper: this.opened.gatekeeper });
    const watch = this.#watch(connection);
    try {
      await this.#announce(own.publicKey, seal, token);
      this.#commands.connected(connection);
      await this.#reportPreKeys(link);
      await link.query(buildActive(), limits.queryDeadlineMs.value);
      return await ended;
    } finally {
      watch.stop();
      metrics.open.dec({ gatekeeper: this.opened.gatekeeper });
      connection.awaited.settleAll();
      this.#commands.disconnected();
      seal?.destroy();
    }
  }

  #sealWith(own: ReturnType<typeof createRelayKey>): RelaySeal | undefined {
    const { relayKey, sessionKey, epoch } = this.opened;
    if (relayKey === undefined) return undefined;
    return new RelaySeal('session', own, relayKey, connectionName(sessionKey, epoch));
  }

  async #announce(publicKey: string, seal: RelaySeal | undefined, token: TokenResponse): Promise<void> {
    const jid = `${token.integrator}-${token.accountNumber}@interop`;
    const body = encodeBody(seal, bodyContext({ type: 'opened' }), { jid });
    const relay = seal === undefined ? {} : { relayKey: publicKey };
    await this.deps.events.downstream({ type: 'opened', ...this.#envelope, ...relay, body });
    const { epoch } = this.opened;
    await this.deps.events.session({ type: 'opened', ...this.#owner, epoch, at: this.deps.clock.now() });
  }

  async #reportPreKeys(link: UpstreamLink): Promise<void> {
    const remaining = readPreKeyCount(await link.query(buildPreKeyCount(), limits.queryDeadlineMs.value));
    if (remaining === undefined || remaining >= PREKEY_THRESHOLD) return;
    await this.deps.events.session({ type: 'prekeys.low', ...this.#owner, remaining });
  }

  async #remove(link: UpstreamLink): Promise<LinkEnd> {
    await link.query(buildRemoval(), limits.queryDeadlineMs.value);
    await this.deps.events.session({ type: 'deletion.confirmed', ...this.#owner });
    await this.deps.destroyNoiseKey(this.opened.sessionKey);
    return { code: 'deleted', advice: 'stop' };
  }

  /** Logs in again when the device leaves stanzas unacknowledged for too long: the gatekeeper then redelivers. */
  #watch(connection: Connection): { stop(): void } {
    let timer: Timer;
    const look = () => {
      const age = connection.window.oldestAgeMs(this.deps.clock.monotonicMs());
      if (age > limits.acknowledgementDeadlineMs.value) return connection.end('acknowledgement_late');
      timer = this.deps.clock.setTimeout(look, WATCH_MS);
    };
    timer = this.deps.clock.setTimeout(look, WATCH_MS);
    return { stop: () => this.deps.clock.clearTimeout(timer) };
  }

  #failed(error: unknown): void {
    this.deps.logger.warn({ err: error }, 'a received stanza could not be handed on; the connection ends');
    this.#endLogin({ code: 'relay_unavailable', advice: 'reconnect' });
  }

  async #tellEnd(code: string, final: boolean): Promise<void> {
    const { epoch } = this.opened;
    try {
      await this.deps.events.downstream({ type: 'closed', ...this.#envelope, code, final });
      const type = this.#loggedIn ? 'closed' : 'refused';
      await this.deps.events.session({ type, ...this.#owner, epoch, code });
    } catch (error) {
      this.deps.logger.warn({ err: error }, 'the end of a connection could not be told');
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.deps.clock.setTimeout(resolve, ms);
      this.#wake = () => {
        this.deps.clock.clearTimeout(timer);
        resolve();
      };
    });
  }
}

import { splitSessionKey } from '@causeway/contracts/ids';
import { sessionErrors } from '@causeway/contracts/session';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Logger } from '@causeway/telemetry';
import { CommandQueue } from './command-queue.js';
import { Login } from './login.js';
import type { Command, LinkEnd, LinkFactory, SessionEvents, TokenSource } from './ports.js';
import { ReconnectDelay } from './reconnect.js';
import type { SessionMetrics } from './session-metrics.js';

const STABLE_MS = 30_000;
const HOUR_MS = 3_600_000;

/** Ends that nobody is told of: whoever owns the partition next speaks for the connection, perhaps before this pod. */
const HANDED_OVER: readonly string[] = ['partition_lost', 'draining'];

/** What every session of a pod shares. */
export interface SessionDependencies {
  readonly links: LinkFactory;
  readonly tokens: TokenSource;
  readonly events: SessionEvents;
  readonly metrics: SessionMetrics;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly dedupeKey: Uint8Array;
  /** Whether it is known well enough who may still send. */
  readonly mayAcceptNewSends: () => boolean;
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
  #takenBackAtMs: number[] = [];
  #login: Login | undefined;
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
    return this.#run().finally(() => {
      this.#commands.disconnected();
      this.onGone(this);
    });
  }

  /** Takes a command; never waits and never throws. */
  dispatch(command: Command): void {
    this.#commands.add(command);
  }

  /** Ends the connection for good. */
  close(code: string): void {
    this.#closedWith ??= code;
    this.#login?.end({ code, advice: 'stop' });
    this.#wake();
  }

  /** Whether it is on its way out. */
  get isClosing(): boolean {
    return this.#closedWith !== undefined;
  }

  get #envelope() {
    const { sessionKey, gatekeeper, epoch } = this.opened;
    return { sessionKey, gatekeeper, epoch };
  }

  async #run(): Promise<void> {
    while (!this.isClosing) {
      const login = new Login(this.opened, this.deps, this.#commands);
      this.#login = login;
      const end = this.#judge(await login.run());
      this.#commands.disconnected();
      this.deps.metrics.ended.inc({ gatekeeper: this.opened.gatekeeper, code: end.code });
      const final = end.advice === 'stop' && !this.isClosing;
      await this.#tellEnd(end.code, final, login.succeededAtMs !== undefined);
      if (final) return;
      const stableMs = this.deps.clock.monotonicMs() - (login.succeededAtMs ?? Infinity);
      if (stableMs > STABLE_MS) this.#delay.reset();
      await this.#wait(this.#delay.next());
    }
  }

  /** Another connection took over. The account is this pod's to hold, so it takes it back, but does not fight for it. */
  #judge(end: LinkEnd): LinkEnd {
    if (end.advice !== 'check-owner') return end;
    const nowMs = this.deps.clock.monotonicMs();
    this.#takenBackAtMs = this.#takenBackAtMs.filter((atMs) => atMs > nowMs - HOUR_MS);
    if (this.#takenBackAtMs.length < limits.upstreamReloginsPerHour.value) {
      this.#takenBackAtMs.push(nowMs);
      return end;
    }
    const { code } = sessionErrors.session_contested;
    const { deviceId, gatekeeper } = splitSessionKey(this.opened.sessionKey);
    this.deps.logger.error({ code, deviceId, gatekeeper }, 'the account was taken over too often');
    return { code, advice: 'stop' };
  }

  async #tellEnd(code: string, final: boolean, hadSucceeded: boolean): Promise<void> {
    if (this.#closedWith !== undefined && HANDED_OVER.includes(this.#closedWith)) return;
    const { userId, sessionKey, epoch } = this.opened;
    const type = hadSucceeded ? 'closed' : 'refused';
    try {
      await this.deps.events.downstream({ type: 'closed', ...this.#envelope, code, final });
      await this.deps.events.session({ type, userId, ...splitSessionKey(sessionKey), epoch, code });
    } catch (error) {
      this.deps.logger.warn({ err: error }, 'the end of a connection could not be told');
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.isClosing) return resolve();
      const timer = this.deps.clock.setTimeout(resolve, ms);
      this.#wake = () => {
        this.deps.clock.clearTimeout(timer);
        resolve();
      };
    });
  }
}

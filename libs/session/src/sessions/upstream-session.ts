import type { KeyObject } from 'node:crypto';
import { splitSessionKey } from '@causeway/contracts/ids';
import { sessionErrors } from '@causeway/contracts/session';
import type { Clock } from '@causeway/lifecycle';
import type { Logger } from '@causeway/telemetry';
import type { LoginAdmission, Turn } from '../admission/login-admission.js';
import type { OwnershipGuard } from '../ownership/ownership-guard.js';
import type { NoiseKeys } from '../noise-keys/noise-keys.service.js';
import { UpstreamKeys, type PreKeyRule } from '../prekeys/upstream-keys.js';
import type { Rests } from '../rests/rests.js';
import { CommandQueue } from './command-queue.js';
import { Login } from './login.js';
import { LoginPolicy, type NextLogin } from './login-policy.js';
import type { Command, LinkEnd, LinkFactory, SessionEvents, TokenSource } from './ports.js';
import type { SessionMetrics } from './session-metrics.js';
import {
  initialSessionState,
  nextSessionState,
  type SessionState,
  type SessionStep,
} from './session-state.js';

/** Ends that nobody is told of: whoever owns the partition next speaks for the connection, perhaps before this pod. */
const HANDED_OVER: readonly string[] = ['partition_lost', 'draining'];

/** What every session of a pod shares. */
export interface SessionDependencies {
  readonly links: LinkFactory;
  readonly tokens: TokenSource;
  readonly admission: LoginAdmission;
  readonly rests: Rests;
  readonly ownership: OwnershipGuard;
  readonly events: SessionEvents;
  readonly metrics: SessionMetrics;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly dedupeKey: KeyObject;
  /** How many one-time prekeys a gatekeeper is to hold of a user. */
  readonly preKeyRuleOf: (gatekeeper: string) => PreKeyRule;
  /** A session came into a state; `code` says why it left the last one, if that was an end. */
  readonly onState: (sessionKey: string, partition: number, state: SessionState, code?: string) => void;
  /** Whether it is known well enough who may still send. */
  readonly mayAcceptNewSends: () => boolean;
  /** Noise keys that are kept here: that of a deleted account is destroyed, as it was before the deletion. */
  readonly keptNoiseKeys: Pick<NoiseKeys, 'requestedAt' | 'destroyOld'>;
}

/**
 * One device's upstream connection to one gatekeeper, in the states of `sessionTransitions`. It lives from an `open`
 * command to the `close` of the same connection of the device, and logs in again by itself when it was lost.
 */
export class UpstreamSession {
  readonly #commands: CommandQueue;
  /** Made at the first end: most sessions see none. */
  #policy: LoginPolicy | undefined;
  readonly #keys: UpstreamKeys;
  #state: SessionState = initialSessionState;
  #login: Login | undefined;
  #turn: Turn | undefined;
  #wake: () => void = () => undefined;
  #closedWith: string | undefined;
  #edgeRouting: Uint8Array | undefined;

  constructor(
    readonly opened: Command<'open'>,
    private readonly deps: SessionDependencies,
    private readonly onGone: (session: UpstreamSession) => void,
    private readonly onState: (state: SessionState, code?: string) => void = () => undefined,
  ) {
    this.#commands = new CommandQueue(deps.events, deps.metrics, deps.clock, this.#envelope);
    const { userId, gatekeeper, sessionKey } = opened;
    this.#keys = new UpstreamKeys({
      owner: { userId, deviceId: splitSessionKey(sessionKey).deviceId, gatekeeper },
      rule: deps.preKeyRuleOf(gatekeeper),
      events: deps.events,
      clock: deps.clock,
      rests: {
        current: () => deps.rests.of(sessionKey, 'rotation'),
        add: (rest) => deps.rests.add(sessionKey, 'rotation', rest),
      },
      onUnanswered: (what, code) => deps.metrics.keysUnanswered.inc({ what, code }),
    });
    deps.metrics.sessions.inc(this.#labels);
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Logs in and keeps logged in until closed. */
  async start(): Promise<void> {
    let freshToken = false;
    try {
      await this.#sitOutPause();
      while (!this.isClosing) {
        // The next line is where an open session waits.
        const end = (await this.#refusal()) ?? (await this.#logIn(freshToken));
        const next = await this.#ended(end);
        if (next.kind === 'stop') return;
        ({ freshToken } = next);
        await this.#wait(next.afterMs);
      }
    } finally {
      this.#step('ended');
      this.deps.metrics.sessions.dec(this.#labels);
      this.#commands.disconnected();
      this.onGone(this);
    }
  }

  /** Takes a command; never waits and never throws. */
  dispatch(command: Command): void {
    this.#commands.add(command);
  }

  /** Ends the connection for good. */
  close(code: string): void {
    if (this.#closedWith !== undefined || this.#state === 'closing' || this.#state === 'closed') return;
    this.#closedWith = code;
    this.#step('close', code);
    this.#turn?.cancel();
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

  get #labels() {
    return { gatekeeper: this.opened.gatekeeper, state: this.#state };
  }

  /** A login is over, or there was none. @returns what comes next */
  async #ended(end: LinkEnd): Promise<NextLogin> {
    const succeededAtMs = this.#login?.succeededAtMs;
    this.#commands.disconnected();
    const next = this.#judge(end, succeededAtMs);
    const code = next.kind === 'stop' ? next.code : end.code;
    this.deps.metrics.ended.inc({ gatekeeper: this.opened.gatekeeper, code });
    const final = next.kind === 'stop' && !this.isClosing;
    if (!this.isClosing) this.#step(final ? 'over' : 'lost', code);
    await this.#tellEnd(code, final, succeededAtMs !== undefined);
    return next;
  }

  /** Waits for its turn. @returns why there is none */
  async #refusal(): Promise<LinkEnd | undefined> {
    this.#login = undefined;
    this.#turn = this.deps.admission.request(this.opened.gatekeeper);
    const admitted = await this.#turn.admitted;
    this.#turn = undefined;
    if (this.#closedWith !== undefined) return { code: this.#closedWith, advice: 'stop' };
    this.#step('admitted');
    return admitted ? undefined : { code: sessionErrors.session_limit_reached.code, advice: 'back-off' };
  }

  #logIn(freshToken: boolean): Promise<LinkEnd> {
    const onLoggedIn = () => this.#step('logged in');
    const edgeRouting = this.#edgeRouting;
    const onEdgeRouting = (blob: Uint8Array) => (this.#edgeRouting = blob);
    const how = { freshToken, onLoggedIn, edgeRouting, onEdgeRouting, keys: this.#keys };
    this.#login = new Login(this.opened, this.deps, this.#commands, how);
    return this.#login.run();
  }

  #judge(end: LinkEnd, succeededAtMs: number | undefined): NextLogin {
    this.#policy ??= new LoginPolicy(this.deps.clock);
    const next = this.#policy.after(end, succeededAtMs);
    const { code } = sessionErrors.session_contested;
    const { deviceId, gatekeeper } = splitSessionKey(this.opened.sessionKey);
    if (next.kind === 'stop' && next.code === code) {
      this.deps.logger.error({ code, deviceId, gatekeeper }, 'the account was taken over too often');
    }
    if (next.kind === 'login') {
      this.deps.metrics.reconnectDelay.observe(next.afterMs / 1000, { gatekeeper });
      if (end.advice === 'pause' || end.advice === 'slow-down') {
        this.deps.rests.add(this.opened.sessionKey, 'login', { code: end.code, forMs: next.afterMs });
      }
    }
    return next;
  }

  /**
   * The gatekeeper wants nothing of this account for a while, as it said to an earlier connection of the device, here or
   * in another pod.
   */
  async #sitOutPause(): Promise<void> {
    const pause = this.deps.rests.of(this.opened.sessionKey, 'login');
    if (pause === undefined || this.isClosing) return;
    this.#step('paused');
    await this.#tellEnd(pause.code, false, false);
    await this.#wait(pause.untilMs - this.deps.clock.monotonicMs());
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

  async #wait(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.isClosing) return resolve();
      const timer = this.deps.clock.setTimeout(resolve, ms);
      this.#wake = () => {
        this.deps.clock.clearTimeout(timer);
        resolve();
      };
    });
    if (!this.isClosing) this.#step('due');
  }

  /** A step that cannot be taken is a fault of ours: it is told, and the session goes on in its state. */
  #step(step: SessionStep, code?: string): void {
    const state = nextSessionState(this.#state, step);
    if (state === undefined) {
      // Closed while it was being admitted, or let in while it was being closed: `close` was first.
      if (this.#state !== 'closing') this.deps.logger.error({ state: this.#state, step }, 'no such step');
      return;
    }
    this.deps.metrics.sessions.dec(this.#labels);
    this.#state = state;
    this.deps.metrics.sessions.inc(this.#labels);
    this.onState(state, code);
  }
}

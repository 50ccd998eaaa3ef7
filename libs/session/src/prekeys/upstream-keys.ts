import { limits } from '@causeway/limits';
import type { Clock, Timer } from '@causeway/lifecycle';
import type { Stanza } from '@causeway/xml';
import { FibonacciDelay } from '../backoff/fibonacci-delay.js';
import type { NewRest, Rest } from '../rests/rests.js';
import { LinkRefused, type SessionEvents, type UpstreamLink } from '../sessions/ports.js';
import { restAfter } from './refused-rotation.js';
import { buildDigestQuery, buildPreKeyCount, readDigest, readPreKeyCount } from '../stanzas/prekeys.js';

/** How many one-time prekeys a gatekeeper is to hold of a user. */
export interface PreKeyRule {
  readonly batch: number;
  readonly low: number;
}

/** What is known of refused signed prekeys of one session; it outlives this pod. */
export interface RotationRests {
  current(): Rest | undefined;
  add(rest: NewRest): void;
}

export interface UpstreamKeysOptions {
  readonly owner: Omit<
    Extract<Parameters<SessionEvents['session']>[0], { type: 'deletion.confirmed' }>,
    'type'
  >;
  readonly rule: PreKeyRule;
  readonly events: SessionEvents;
  readonly clock: Clock;
  /** Told what a gatekeeper did not answer; its code only. */
  readonly onUnanswered: (what: 'count' | 'digest', code: string) => void;
  readonly random?: () => number;
  /** For how long this gatekeeper is given no signed prekey of this session. */
  readonly rests: RotationRests;
}

/**
 * What the gatekeeper holds of a session's keys, from login to login: says when one-time prekeys run low, once for each
 * time they do, and now and then which keys there are. The keys service owns them, and makes up for what is missing.
 */
export class UpstreamKeys {
  #reportedAtMs = Number.NEGATIVE_INFINITY;
  #digestDueMs = Number.NEGATIVE_INFINITY;
  #digest: Timer | undefined;
  #awaitsUpload = false;
  /** Made when an upload first fails. */
  #retry: FibonacciDelay | undefined;
  /** Before it no batch is asked for: the last upload came to nothing. */
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #recheck: Timer | undefined;
  #over = false;

  constructor(private readonly options: UpstreamKeysOptions) {}

  /** A login succeeded. @throws what the events throw */
  async loggedIn(link: UpstreamLink): Promise<void> {
    this.#over = false;
    await this.#count(link);
  }

  /** The gatekeeper warns. Warnings come again, and late: soon after a refill it is asked how many it has now. */
  async warned(link: UpstreamLink, remaining: number): Promise<void> {
    const sinceMs = this.options.clock.monotonicMs() - this.#reportedAtMs;
    if (sinceMs < limits.prekeyRecountMs.value) return this.#count(link);
    await this.#report(link, remaining);
  }

  /**
   * An upload came to nothing. What is missing is asked for again, later each time and in this login or the next, if the
   * gatekeeper still misses it. Its keys are burnt, since the gatekeeper may have them: what follows is another batch.
   */
  uploadFailed(link: UpstreamLink): void {
    this.#reportedAtMs = Number.NEGATIVE_INFINITY;
    this.#retry ??= new FibonacciDelay(limits.prekeyUploadRetryMaxMs.value, this.options.random);
    this.#notBeforeMs = this.options.clock.monotonicMs() + this.#retry.next();
    this.#recountLater(link);
  }

  /** The gatekeeper took what it was given. */
  uploaded(): void {
    this.#awaitsUpload = false;
    this.#retry = undefined;
    this.#notBeforeMs = Number.NEGATIVE_INFINITY;
  }

  /** The login is over, and with it every upload that was under way: what is still missing the next login asks for. */
  over(): void {
    this.#over = true;
    if (this.#awaitsUpload) this.#reportedAtMs = Number.NEGATIVE_INFINITY;
    this.#awaitsUpload = false;
    if (this.#recheck !== undefined) this.options.clock.clearTimeout(this.#recheck);
    this.#recheck = undefined;
    if (this.#digest !== undefined) this.options.clock.clearTimeout(this.#digest);
    this.#digest = undefined;
  }

  /**
   * Reports which keys the gatekeeper holds, once a day for as long as the login holds, and once more when it may be given
   * a signed prekey again. @throws what the events throw
   */
  async compare(link: UpstreamLink): Promise<void> {
    const nowMs = this.options.clock.monotonicMs();
    if (nowMs < this.#digestDueMs) return this.#compareLater(link);
    const restMs = this.options.rests.current()?.untilMs ?? Number.POSITIVE_INFINITY;
    this.#digestDueMs = Math.min(nowMs + limits.prekeyDigestMs.value, restMs);
    this.#compareLater(link);
    await this.#reportDigest(link);
  }

  /** @returns whether the gatekeeper may be given this signed prekey now */
  mayRotate(keyId: number): boolean {
    const rest = this.options.rests.current();
    return rest === undefined || (rest.keyId !== undefined && rest.keyId !== keyId);
  }

  /** A signed prekey came to nothing. One that was refused is left for a while; then the digest says whether it is missing. */
  rotationFailed(link: UpstreamLink, keyId: number, error: unknown): void {
    const rest = restAfter(error, keyId);
    if (rest === undefined) return;
    this.options.rests.add(rest);
    this.#digestDueMs = Math.min(this.#digestDueMs, this.options.clock.monotonicMs() + rest.forMs);
    this.#compareLater(link);
  }

  #compareLater(link: UpstreamLink): void {
    const { clock } = this.options;
    if (this.#digest !== undefined) clock.clearTimeout(this.#digest);
    // Before the first look of a session its login takes it.
    if (this.#over || !Number.isFinite(this.#digestDueMs)) return;
    this.#digest = clock.setTimeout(() => {
      this.compare(link).catch(() => undefined);
    }, this.#digestDueMs - clock.monotonicMs());
  }

  async #reportDigest(link: UpstreamLink): Promise<void> {
    const answer = await this.#ask(link, 'digest', buildDigestQuery());
    if (answer === undefined) return;
    const digest = readDigest(answer);
    if (digest === undefined) return this.options.onUnanswered('digest', 'stanza_invalid');
    await this.options.events.session({ type: 'digest.reported', ...this.options.owner, ...digest });
  }

  async #count(link: UpstreamLink): Promise<void> {
    const answer = await this.#ask(link, 'count', buildPreKeyCount());
    const remaining = answer && readPreKeyCount(answer);
    if (remaining !== undefined && remaining < this.options.rule.low) await this.#report(link, remaining);
  }

  async #report(link: UpstreamLink, remaining: number): Promise<void> {
    const { clock, owner, rule, events } = this.options;
    const nowMs = clock.monotonicMs();
    if (nowMs < this.#notBeforeMs) return this.#recountLater(link);
    if (nowMs - this.#reportedAtMs < limits.prekeyRefillMs.value) return;
    this.#reportedAtMs = nowMs;
    this.#awaitsUpload = true;
    await events.session({ type: 'prekeys.low', ...owner, remaining, batch: rule.batch });
  }

  /** Asks again when it is time for another upload; a login that is over asks nothing more. */
  #recountLater(link: UpstreamLink): void {
    const { clock } = this.options;
    if (this.#recheck !== undefined) clock.clearTimeout(this.#recheck);
    if (this.#over) return;
    const waitMs = this.#notBeforeMs - clock.monotonicMs();
    this.#recheck = clock.setTimeout(() => {
      this.#count(link).catch(() => undefined);
    }, waitMs);
  }

  /** A gatekeeper that does not answer is asked at the next login. */
  async #ask(link: UpstreamLink, what: 'count' | 'digest', query: Stanza): Promise<Stanza | undefined> {
    try {
      return await link.query(query, limits.queryDeadlineMs.value);
    } catch (error) {
      if (!(error instanceof LinkRefused)) throw error;
      this.options.onUnanswered(what, error.end.code);
      return undefined;
    }
  }
}

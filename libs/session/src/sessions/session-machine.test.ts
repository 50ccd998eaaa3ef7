import { parseAddress } from '@causeway/jid';
import { limits } from '@causeway/limits';
import { captureLogs, FakeClock } from '@causeway/testing';
import { stanza } from '@causeway/xml';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScriptedLink } from '../fixtures/scripted-link.js';
import { SessionWorld } from '../fixtures/session-world.js';
import { LinkRefused, type Command, type EndAdvice } from './ports.js';
import { initialSessionState, sessionTransitions, type SessionState } from './session-state.js';
import { UpstreamSession } from './upstream-session.js';

const bob = '4915550002@s.whatsapp.net';
const advices: readonly EndAdvice[] = [
  'restart',
  'reconnect',
  'back-off',
  'slow-down',
  'redeliver',
  'pause',
  'fresh-token',
  'check-owner',
  'stop',
];

type Event =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'deliver' }
  | { readonly kind: 'acknowledge'; readonly which: number }
  | { readonly kind: 'drop' | 'refuse'; readonly advice: EndAdvice }
  | { readonly kind: 'doubt'; readonly sure: boolean }
  | { readonly kind: 'close' };

const advice = fc.constantFrom(...advices);
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(40_000) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('deliver' as const) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('acknowledge' as const), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('drop' as const, 'refuse' as const), advice }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('doubt' as const), sure: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const) }) },
);

/** A session in a world where anything may happen, with what must never happen looked at after each event. */
class Trial {
  readonly clock = new FakeClock();
  readonly logs = captureLogs();
  readonly world = new SessionWorld(this.clock, this.logs.logger);
  readonly states: SessionState[] = [initialSessionState];
  readonly session: UpstreamSession;
  readonly #acknowledged = new Set<number>();
  readonly #links = new Map<ScriptedLink, { numbers: number[] }>();
  #refusals: EndAdvice[] = [];
  #count = 0;
  gone = false;

  constructor() {
    this.world.prepare = (link) => {
      // One connection at a time: the earlier is closed before the next is made.
      for (const earlier of this.#links.keys()) expect(earlier.closed).toBe(true);
      this.#links.set(link, { numbers: [] });
      link.connecting = async () => {
        const refused = this.#refusals.shift();
        if (refused !== undefined) throw new LinkRefused({ code: 'scripted', advice: refused });
      };
    };
    this.session = new UpstreamSession(
      this.world.open(),
      this.world.deps,
      () => (this.gone = true),
      (state) => this.states.push(state),
    );
    void this.session.start();
  }

  async happens(what: Event): Promise<void> {
    const link = this.world.links.at(-1);
    if (what.kind === 'wait') await this.clock.advance(what.ms);
    if (what.kind === 'deliver' && link !== undefined) void link.deliver(this.#message());
    if (what.kind === 'acknowledge') this.#acknowledge(what.which);
    if (what.kind === 'drop') link?.drop('scripted', what.advice);
    if (what.kind === 'refuse') this.#refusals.push(what.advice);
    if (what.kind === 'doubt') this.world.isSure = what.sure;
    if (what.kind === 'close') this.session.close('device_gone');
    await this.clock.advance(0);
    this.check();
  }

  /** Settled upstream is the part of what came that the device has acknowledged without a gap, and in its order. */
  check(): void {
    for (const [link, { numbers }] of this.#links) {
      const handedOn = this.world.downstream.flatMap((each) => (each.type === 'message' ? [each.ref] : []));
      const mine = handedOn.filter((ref) => numbers.includes(ref));
      const settled = link.sent.filter(({ tag }) => tag === 'receipt').length;
      const prefix = mine.findIndex((ref) => !this.#acknowledged.has(ref));
      expect(settled).toBeLessThanOrEqual(prefix === -1 ? mine.length : prefix);
    }
    expect(this.world.links.filter(({ closed }) => !closed).length).toBeLessThanOrEqual(1);
    const hasLink = this.session.state === 'connecting' || this.session.state === 'open';
    if (this.session.state === 'waiting' || this.session.state === 'closed') {
      expect(this.world.links.every(({ closed }) => closed)).toBe(true);
    }
    if (!hasLink && this.session.state === 'queued')
      expect(this.world.links.every(({ closed }) => closed)).toBe(true);
    expect(this.logs.lines.filter(({ message }) => message === 'no such step')).toEqual([]);
  }

  async end(): Promise<void> {
    this.world.isSure = true;
    this.session.close('device_gone');
    await this.clock.advance(limits.ownershipDoubtMs.value + 1_000);
    this.check();
    expect(this.gone).toBe(true);
    expect(this.session.state).toBe('closed');
    expect(this.world.links.every(({ closed }) => closed)).toBe(true);
    // Nothing of it is left behind.
    const before = this.world.links.length;
    await this.clock.advance(2 * limits.upstreamPauseMaxMs.value);
    expect(this.world.links).toHaveLength(before);
    for (const [index, to] of this.states.entries()) {
      const from = this.states[index - 1];
      if (from === undefined) continue;
      expect(sessionTransitions.some((each) => each.from === from && each.to === to)).toBe(true);
    }
  }

  #message() {
    this.#count += 1;
    const link = this.world.links.at(-1);
    const before = this.world.downstream.length;
    // The numbers of this login, noted when they are published.
    this.world.publishing = async (published) => {
      if (published.type === 'message') this.#links.get(link as ScriptedLink)?.numbers.push(published.ref);
    };
    expect(this.world.downstream.length).toBe(before);
    const enc = stanza('enc', { v: '2', type: 'msg' }, Buffer.from('ciphertext'));
    return stanza('message', { id: `M${this.#count}`, from: parseAddress(bob), type: 'text', t: '1' }, [enc]);
  }

  #acknowledge(which: number): void {
    const refs = this.world.downstream.flatMap((each) => (each.type === 'message' ? [each.ref] : []));
    const ref = refs[which % Math.max(1, refs.length)];
    if (ref === undefined) return;
    this.#acknowledged.add(ref);
    const { sessionKey, gatekeeper, epoch } = this.world.open();
    const ack: Command<'ack'> = {
      type: 'ack',
      sessionKey,
      gatekeeper,
      epoch,
      refs: [ref],
      stage: 'delivered',
    };
    this.session.dispatch(ack);
  }
}

describe('a session to which anything may happen', () => {
  it('never has two connections, settles nothing beyond a gap, and always ends closed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 40 }), async (events) => {
        const trial = new Trial();
        await trial.clock.advance(0);
        for (const what of events) await trial.happens(what);
        await trial.end();
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});

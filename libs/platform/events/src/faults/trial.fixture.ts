import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Postgres } from '@causeway/postgres';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { eventually } from '@causeway/testing';
import {
  DeliveryChecker,
  nightly,
  recordTrial,
  steadyNow,
  SteadyLoad,
  TestProcess,
  type SendOutcome,
  type Tracked,
} from '@causeway/testing/faults';
import { EventBusError, openEventBus, type BusTuning, type EventBus } from '../index.js';
import { createLedger, readEffects, type Effect } from './ledger.fixture.js';
import {
  connect,
  startMember,
  trackedTopic,
  type MemberSaid,
  type MemberSettings,
  type TrialAddresses,
} from './member.fixture.js';

export interface TrialOptions {
  /** For the line that a trial prints: where, and what was done to it. */
  readonly title: string;
  /** What its lots are drawn from. */
  readonly seed?: number;
  readonly tuning?: Partial<BusTuning>;
  readonly handlerMs?: number;
  readonly everyMs?: number;
  /** Where the fault takes the effects' database away too, a handler must try for longer than that. */
  readonly retry?: MemberSettings['retry'];
}

const keys = Array.from({ length: 8 }, (_, n) => `key-${n}`);
const entry = new URL('./member-process.fixture.ts', import.meta.url);

/**
 * One trial: a publisher under steady load, members whose effects are fenced and deduplicated, and a fault of the
 * caller's between them. It ends with everything drained and the checker content.
 */
export class Trial {
  readonly topic = trackedTopic(`trial.${randomUUID()}.v1`);
  readonly checker = new DeliveryChecker();
  /** Codes with which the bus refused to publish, and how often. */
  readonly refusals = new Map<string, number>();
  private readonly log: Postgres | undefined;
  private readonly effects: Postgres;
  private readonly publisher: EventBus;
  private readonly processes: TestProcess<MemberSaid>[] = [];
  private readonly members: { close(): Promise<void> }[] = [];
  private load: SteadyLoad | undefined;
  private healedAt = steadyNow();

  private constructor(
    private readonly addresses: TrialAddresses,
    private readonly options: TrialOptions,
  ) {
    this.effects = connect(addresses.effects);
    this.log = addresses.log === undefined ? undefined : connect(addresses.log);
    this.publisher = openEventBus(addresses.bus, {
      clientId: 'publisher',
      logger: createLogger({ service: 'event-faults', level: 'silent' }),
      metrics: createMetrics('event-faults'),
      partitions: 4,
      ...(options.tuning === undefined ? {} : { tuning: options.tuning }),
      ...(this.log === undefined ? {} : { postgres: this.log }),
    });
  }

  /** The database of the effects must be empty, and the log's migrated. */
  static async begin(addresses: TrialAddresses, options: TrialOptions): Promise<Trial> {
    const trial = new Trial(addresses, options);
    await createLedger(trial.effects);
    // A busy broker may not show a new topic at once.
    await eventually(() => trial.publisher.partitionCount(trial.topic), { deadlineMs: 30_000, everyMs: 500 });
    return trial;
  }

  /** A member in a process of its own; resolves when it has its place in the group. */
  async process(name: string, more: Partial<MemberSettings> = {}): Promise<TestProcess<MemberSaid>> {
    const member = await TestProcess.start<MemberSaid>(entry, this.settings(name, more));
    this.processes.push(member);
    await member.said((said): said is MemberSaid => said.kind === 'ready', 60_000);
    return member;
  }

  /** A member in this process; resolves when it has its place in the group. */
  async member(name: string): Promise<{ close(): Promise<void> }> {
    const member = await startMember(this.settings(name), () => undefined);
    this.members.push(member);
    return member;
  }

  private settings(name: string, more: Partial<MemberSettings> = {}): MemberSettings {
    const { handlerMs = 2, retry = { attempts: 4, backoffMs: 20 } } = this.options;
    return { ...this.addresses, topic: this.topic.name, name, handlerMs, retry, ...more };
  }

  /** Starts to publish, and waits until effects flow. */
  async flow(): Promise<void> {
    this.load = new SteadyLoad({
      checker: this.checker,
      keys,
      everyMs: this.options.everyMs ?? 100,
      maxRounds: 500,
      send: (message) => this.publisher.publish(this.topic, [{ data: message, id: message.id }]),
      outcomeOf: (error) => this.refused(error),
    });
    await eventually(async () => expect((await this.seen()).length).toBeGreaterThan(keys.length), {
      deadlineMs: 30_000,
    });
  }

  /** Effects in their order, all of them or those since a time. */
  seen(since = 0): Promise<Effect[]> {
    return readEffects(this.effects, since);
  }

  /** The fault is over: the time to recovery begins. */
  healed(): void {
    this.healedAt = steadyNow();
  }

  /** Waits until every key has an effect of a message sent after the fault, and drains. @returns the verdict's counts */
  async finish(deadlineMs = nightly ? 300_000 : 60_000) {
    const { load } = this;
    if (load === undefined) throw new Error('nothing was sent');
    const recovered = await eventually(async () => this.recoveredAt(await this.seen(this.healedAt), load), {
      deadlineMs,
      everyMs: 100,
    });
    await load.stop();
    const wanted = (): number => this.checker.verdict().sent.ok;
    await eventually(async () => expect((await this.oks()).length).toBe(wanted()), {
      deadlineMs,
      everyMs: 200,
    }).catch(() => undefined); // The checker says more than the wait.
    for (const effect of await this.seen()) this.checker.saw(effect);
    const { lost, doubled, reordered, phantom, sent } = this.checker.verdict();
    const recoveredMs = Math.max(0, Math.round(recovered - this.healedAt));
    recordTrial({
      trial: this.options.title,
      ...(this.options.seed !== undefined && { seed: this.options.seed }),
      ok: sent.ok,
      unknown: sent.unknown,
      refused: sent.fail,
      lost: lost.length,
      doubled: doubled.length,
      reordered: reordered.length,
      phantom: phantom.length,
      recoveredMs,
    });
    expect({ lost, doubled, reordered, phantom }).toEqual({
      lost: [],
      doubled: [],
      reordered: [],
      phantom: [],
    });
    return { ...sent, recoveredMs };
  }

  /** No event was given up on: what a fault interrupts is handled later. */
  async requireNoDeadLetters(): Promise<void> {
    const dead: Tracked[] = [];
    const subscription = await this.publisher.subscribe({
      topic: trackedTopic(`${this.topic.name}.dlq`),
      group: 'dead-letters',
      mode: 'shared',
      retry: { attempts: 1, backoffMs: 1 },
      onPoison: 'dead-letter',
      handle: async ({ data }) => void dead.push(data),
    });
    // Reads from the beginning: a letter of the last barrier behind all others ends the look.
    const barrier = { id: randomUUID(), key: 'barrier', seq: 0 };
    await this.publisher.publish(trackedTopic(`${this.topic.name}.dlq`), [{ data: barrier, id: barrier.id }]);
    await eventually(() => expect(dead.map(({ id }) => id)).toContain(barrier.id), { deadlineMs: 30_000 });
    await subscription.close();
    expect(dead.filter(({ id }) => id !== barrier.id)).toEqual([]);
  }

  /** Ends everything, whatever state it is in. */
  async end(): Promise<void> {
    await Promise.all(this.processes.map((member) => member.kill()));
    await this.load?.stop();
    await Promise.all(this.members.map((member) => member.close()));
    await this.publisher.close();
    await Promise.all([this.effects.close(), this.log?.close()]);
  }

  private refused(error: unknown): SendOutcome {
    const code = error instanceof EventBusError ? error.code : String(error);
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
    return error instanceof EventBusError && code !== 'publish_timeout' ? 'fail' : 'unknown';
  }

  private async oks(): Promise<Effect[]> {
    return (await this.seen()).filter((effect) => this.checker.outcomeOf(effect.id) === 'ok');
  }

  /** When the last key had its first effect of a message sent after the fault. Throws when one has none yet. */
  private recoveredAt(effects: readonly Effect[], load: SteadyLoad): number {
    const fresh = (message: Tracked): boolean => (load.beganAt(message.id) ?? 0) >= this.healedAt;
    return Math.max(
      ...keys.map((key) => {
        const first = effects.find((effect) => effect.key === key && fresh(effect));
        if (first === undefined) throw new Error('a key has no effect since the fault');
        return first.at;
      }),
    );
  }
}

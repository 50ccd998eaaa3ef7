import { randomBytes, randomUUID } from 'node:crypto';
import { downstreamTopic, type DownstreamEvent } from '@causeway/contracts/downstream';
import { splitSessionKey, type SessionKey } from '@causeway/contracts/ids';
import { noiseAgreementContext, upstreamTopic, type UpstreamEvent } from '@causeway/contracts/upstream';
import { openEventBus, type EventBus, type Subscription } from '@causeway/events';
import { systemClock } from '@causeway/lifecycle';
import { createRelayKey, RelaySeal } from '@causeway/relay';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, describeWithEngine, eventually } from '@causeway/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { UpstreamConsumer } from '../commands/upstream.consumer.js';
import { sessionKeyNumber } from '../fixtures/session-world.js';
import { createSessionMetrics } from '../sessions/session-metrics.js';
import { DeviceNoiseKeys } from './device-noise-keys.js';

type Question = Extract<DownstreamEvent, { type: 'noise.dh' }>;
type Answer = Extract<UpstreamEvent, { type: 'noise.dh.answer' }>;

const PARTITIONS = 8;
const JOINED = { deadlineMs: 30_000 };
const enlistedKey = randomBytes(32).toString('base64');
const remote = randomBytes(32);
const secret = randomBytes(32);

describeWithEngine('kafka', 'a Noise key that the device keeps, over two pods of each service', (brokers) => {
  const { logger } = captureLogs();
  const run = randomUUID();
  const openBus = (name: string): EventBus =>
    openEventBus(`kafka://${brokers}`, {
      clientId: `${name}-${randomUUID()}`,
      partitions: PARTITIONS,
      logger,
      metrics: createMetrics('test'),
    });
  let epoch = 0;

  /** What of a session pod has to do with agreements: its keys, and the partitions whose answers reach it. */
  class SessionPod {
    readonly bus = openBus('session');
    readonly metrics = createMetrics('session');
    readonly keys = new DeviceNoiseKeys({
      events: { downstream: (event) => this.bus.publish(downstreamTopic, [{ data: event }]) },
      metrics: createSessionMetrics(this.metrics),
      clock: systemClock,
      logger,
    });
    readonly partitions = new Set<number>();
    readonly consumer = new UpstreamConsumer(
      this.bus,
      { dispatch: () => undefined } as never,
      {
        gained: async (partitions: number[]) => partitions.forEach((each) => this.partitions.add(each)),
        lost: async (partitions: number[]) => partitions.forEach((each) => this.partitions.delete(each)),
        isStale: async () => false,
      } as never,
      { take: async () => undefined, release: async () => undefined },
      { claim: async () => true },
      this.keys,
      `session-${run}`,
    );

    /** Asks for an agreement. Never rejects. @returns the secret, or the code of the refusal */
    async agree(sessionKey: SessionKey, ofEpoch = (epoch += 1)): Promise<Buffer | string> {
      const key = await this.keys.open({ sessionKey, epoch: ofEpoch, enlistedKey });
      return Promise.resolve(key.dh(remote)).then(
        (agreed) => Buffer.from(agreed),
        (error: unknown) => (error as { code: string }).code,
      );
    }

    async notAsked(): Promise<number> {
      return Number(/outcome="not_asked"[^}]*\} (\d+)/.exec(await this.metrics.render())?.[1] ?? 0);
    }

    async stop(): Promise<void> {
      await this.consumer.stop();
      await this.bus.close();
    }
  }

  /** What of a fanout pod has to do with them: questions of its partitions come in, and its devices' answers go out. */
  class FanoutPod {
    readonly bus = openBus('fanout');
    readonly questions: Question[] = [];
    #subscription: Subscription | undefined;

    async start(): Promise<void> {
      this.#subscription = await this.bus.subscribe({
        topic: downstreamTopic,
        group: `fanout-${run}`,
        mode: 'shared',
        handle: async ({ data }) => void (data.type === 'noise.dh' && this.questions.push(data)),
        onAssigned: async () => undefined,
        onRevoked: async () => undefined,
        retry: { attempts: 1, backoffMs: 100 },
        onPoison: 'dead-letter',
      });
    }

    /** The device answers over a socket of this pod, whichever pod took the question in. */
    answer(
      { sessionKey, correlationId, relayKey, remotePublicKey, ...question }: Question,
      change: Partial<Answer> = {},
    ) {
      const own = createRelayKey();
      const seal = new RelaySeal('fanout', own, relayKey, `noise.dh ${correlationId}`);
      const sealed = seal.seal(noiseAgreementContext(correlationId, remotePublicKey), secret);
      const { gatekeeper } = splitSessionKey(sessionKey);
      const answer = { relayKey: own.publicKey, sealed };
      const data: Answer = {
        ...{ type: 'noise.dh.answer', sessionKey, gatekeeper, epoch: question.epoch, correlationId, answer },
        ...change,
      };
      return this.bus.publish(upstreamTopic, [{ data }]);
    }

    async stop(): Promise<void> {
      await this.#subscription?.close();
      await this.bus.close();
    }
  }

  const sessions: SessionPod[] = [];
  let fanout: [FanoutPod, FanoutPod];
  const notAsked = async () =>
    (await Promise.all(sessions.map((pod) => pod.notAsked()))).reduce((sum, count) => sum + count, 0);
  const questionsOf = (sessionKey: SessionKey) =>
    fanout.flatMap(({ questions }) => questions.filter((asked) => asked.sessionKey === sessionKey));
  const asked = (sessionKey: SessionKey, times = 1) =>
    eventually(() => {
      const found = questionsOf(sessionKey);
      expect(found).toHaveLength(times);
      return found.at(-1) as Question;
    });

  /** @returns the pod that has a session's partition, and one that has not. */
  async function ownerOf(sessionKey: SessionKey): Promise<[SessionPod, SessionPod]> {
    const partition = await fanout[0].bus.partitionOf(upstreamTopic, sessionKey);
    return eventually(() => {
      const owner = sessions.find(({ partitions }) => partitions.has(partition));
      const other = sessions.find((pod) => pod !== owner);
      if (owner === undefined || other === undefined) throw new Error('nobody has the partition yet');
      return [owner, other];
    }, JOINED);
  }

  beforeAll(async () => {
    sessions.push(new SessionPod(), new SessionPod());
    fanout = [new FanoutPod(), new FanoutPod()];
    await fanout[0].bus.partitionCount(upstreamTopic);
    await Promise.all([
      ...sessions.map(({ consumer }) => consumer.start()),
      ...fanout.map((pod) => pod.start()),
    ]);
    await eventually(() => {
      const counts = sessions.map(({ partitions }) => partitions.size);
      expect(counts.every((count) => count > 0)).toBe(true);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(PARTITIONS);
    }, JOINED);
  }, 90_000);
  afterEach(() => fanout.forEach(({ questions }) => questions.splice(0)));
  afterAll(async () => {
    await Promise.all([...sessions, ...fanout].map((pod) => pod.stop()));
  }, 60_000);

  it('is agreed on by every session, whichever fanout pod its device is at', async () => {
    for (const at of [0, 1] as const) {
      for (const number of [1, 2, 3, 4, 5, 6]) {
        const sessionKey = sessionKeyNumber(number);
        const [owner] = await ownerOf(sessionKey);
        const agreed = owner.agree(sessionKey);
        await fanout[at].answer(await asked(sessionKey, at + 1));
        expect(await agreed).toEqual(secret);
      }
    }
    expect(await notAsked()).toBe(0);
  });

  it('counts an answer once, and none of another connection or another device', async () => {
    const sessionKey = sessionKeyNumber(11);
    const [owner] = await ownerOf(sessionKey);
    const before = await notAsked();
    const agreed = owner.agree(sessionKey);
    const question = await asked(sessionKey);
    await fanout[0].answer(question, { epoch: question.epoch - 1 });
    await fanout[1].answer(question, { sessionKey: sessionKeyNumber(12) });
    await eventually(async () => expect(await notAsked()).toBe(before + 2));
    await fanout[1].answer(question);
    await fanout[0].answer(question);
    expect(await agreed).toEqual(secret);
    await eventually(async () => expect(await notAsked()).toBe(before + 3));
  });

  it('is asked again of a device that has moved to another pod; its answer from there counts', async () => {
    const sessionKey = sessionKeyNumber(21);
    const [owner] = await ownerOf(sessionKey);
    const first = owner.agree(sessionKey);
    const before = await asked(sessionKey);
    // The device has connected at the other pod, and the session begins anew for that connection.
    const second = owner.agree(sessionKey);
    expect(await first).toBe('noise_agreement_superseded');
    const after = await asked(sessionKey, 2);
    await fanout[0].answer(before);
    await fanout[1].answer(after);
    expect(await second).toEqual(secret);
  });

  it('is not agreed on by a pod that has lost the session: the answer goes to the one that has it', async () => {
    const sessionKey = sessionKeyNumber(31);
    const [owner, other] = await ownerOf(sessionKey);
    const before = await owner.notAsked();
    // As a pod that does not know yet that its partition has gone.
    const late = other.agree(sessionKey);
    await fanout[0].answer(await asked(sessionKey));
    await eventually(async () => expect(await owner.notAsked()).toBe(before + 1));
    const agreed = owner.agree(sessionKey);
    await fanout[0].answer(await asked(sessionKey, 2));
    expect(await agreed).toEqual(secret);
    expect(await late).toBe('noise_agreement_late');
  });

  it('is agreed on by the pod that takes the sessions over', async () => {
    const sessionKey = sessionKeyNumber(41);
    const [owner, other] = await ownerOf(sessionKey);
    const unanswered = owner.agree(sessionKey);
    await asked(sessionKey);
    await owner.consumer.stop();
    await eventually(() => expect(other.partitions.size).toBe(PARTITIONS), JOINED);
    const agreed = other.agree(sessionKey);
    await fanout[1].answer(await asked(sessionKey, 2));
    expect(await agreed).toEqual(secret);
    expect(await unanswered).toBe('noise_agreement_late');
  }, 60_000);
});

import { randomUUID } from 'node:crypto';
import { openCoordination, type Coordination, type PresenceEntry } from '@causeway/coordination';
import { upstreamTopic } from '@causeway/contracts/upstream';
import { openEventBus, type EventBus } from '@causeway/events';
import { systemClock } from '@causeway/lifecycle';
import { Postgres } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, describeWithEngine, eventually } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { UpstreamConsumer } from '../commands/upstream.consumer.js';
import { ScriptedLink } from '../fixtures/scripted-link.js';
import { sessionKeyNumber, SessionWorld } from '../fixtures/session-world.js';
import { SessionRegistry } from '../sessions/session-registry.js';
import { IndexWatch } from './index-watch.js';
import type { Openings } from './openings.js';
import { OwnershipGuard } from './ownership-guard.js';
import { PartitionFence } from './partition-fence.js';
import { PresenceWatch } from './presence-watch.js';

const devices = 60;
const members = 3;
const podId = 'fanout-1';

/** The gatekeeper's side of all pods: who is logged in, and how often somebody was. */
class Accounts {
  readonly logins = new Map<string, number>();
  readonly open = new Map<string, ScriptedLink>();
  /** Logins while another connection of the account was open: its new owner did not wait for the one before. */
  replaced = 0;

  create(sessionKey: string): ScriptedLink {
    const link = new ScriptedLink();
    link.connecting = async () => {
      const other = this.open.get(sessionKey);
      if (other !== undefined && !other.closed) {
        this.replaced += 1;
        other.drop('replaced', 'check-owner');
      }
      this.open.set(sessionKey, link);
      this.logins.set(sessionKey, (this.logins.get(sessionKey) ?? 0) + 1);
    };
    return link;
  }

  get online(): number {
    return [...this.open.values()].filter(({ closed }) => !closed).length;
  }
}

/** Sessions move over Kafka, and pods tell each other through Postgres when their connections are closed. */
const suite = 'a rollout of session pods over Kafka';
describeWithEngine('postgres', suite, (postgresUrl) =>
  describeWithEngine('kafka', 'in one group', (brokers) => {
    const { logger } = captureLogs();
    const accounts = new Accounts();
    const group = `session-${randomUUID()}`;
    const running: Pod[] = [];
    let coordination: Coordination;
    let database: TestDatabase;
    let postgres: Postgres;
    let lease: NodeJS.Timeout;

    /** What one session pod consists of, but for the wire. */
    class Pod {
      readonly #bus: EventBus;
      readonly #registry: SessionRegistry;
      readonly #watch: PresenceWatch;
      readonly #consumer: UpstreamConsumer;

      constructor(release: string) {
        this.#bus = openEventBus(`kafka://${brokers}`, {
          clientId: `pod-${randomUUID()}`,
          partitions: 8,
          release,
          logger,
          metrics: createMetrics('session'),
        });
        const world = new SessionWorld(systemClock, logger);
        const links = {
          create: async ({ sessionKey }: { sessionKey: string }) => accounts.create(sessionKey),
        };
        const ownership = new OwnershipGuard(systemClock, () => this.#consumer.isSure());
        this.#registry = new SessionRegistry({ ...world.deps, links, ownership });
        const of = async ({ sessionKey, epoch }: PresenceEntry) =>
          world.open({ sessionKey: sessionKey as never, epoch, reason: 'reconnect' });
        const index = new IndexWatch(coordination, systemClock, logger);
        const openings = { of } as unknown as Openings;
        this.#watch = new PresenceWatch(
          this.#registry,
          coordination.presence,
          index,
          openings,
          systemClock,
          logger,
        );
        const offers = { claim: async () => true } as never;
        const agreements = { answer: () => undefined };
        const { handovers } = world.deps.metrics;
        const fence = new PartitionFence({ postgres, clock: systemClock, logger, handovers });
        this.#consumer = new UpstreamConsumer(
          this.#bus,
          this.#registry,
          this.#watch,
          fence,
          offers,
          agreements,
          group,
        );
      }

      async start(): Promise<void> {
        await this.#consumer.start();
        this.#watch.start();
      }

      /** As the service drains: consumers first, connections behind them. */
      async stop(): Promise<void> {
        await this.#consumer.stop();
        this.#watch.stop();
        await this.#registry.closeAll('draining');
        await this.#bus.close();
      }
    }

    beforeAll(async () => {
      database = await cloneTestDatabase(postgresUrl);
      const options = { poolSize: 4, applicationName: 'test', statementTimeoutMs: 5_000 };
      postgres = Postgres.connect(database.urlFor('session'), options);
      coordination = openCoordination(`memory:${randomUUID()}`, {
        logger,
        metrics: createMetrics('test'),
        clock: systemClock,
      });
      const bus = openEventBus(`kafka://${brokers}`, {
        clientId: 'fanout',
        partitions: 8,
        logger,
        metrics: createMetrics('fanout'),
      });
      await bus.partitionCount(upstreamTopic);
      await coordination.presence.renew(podId);
      for (let number = 0; number < devices; number++) {
        const sessionKey = sessionKeyNumber(number);
        const partition = await bus.partitionOf(upstreamTopic, sessionKey);
        await coordination.presence.put({ sessionKey, partition, podId });
      }
      await bus.close();
      lease = setInterval(() => void coordination.presence.renew(podId), 2_000);
    });
    afterAll(async () => {
      clearInterval(lease);
      await Promise.all(running.map((pod) => pod.stop()));
      await coordination.close();
      await postgres.close();
      await database.drop();
    });

    it('costs each session two logins at most: nobody fights for an account', async () => {
      for (let number = 0; number < members; number++) {
        const pod = new Pod('before');
        running.push(pod);
        await pod.start();
      }
      const allOnline = () => eventually(() => expect(accounts.online).toBe(devices), { deadlineMs: 60_000 });
      await allOnline();
      accounts.logins.clear();
      accounts.replaced = 0;
      // One by one, as an orchestrator does it: the new pod is there before an old one goes.
      for (let number = 0; number < members; number++) {
        const next = new Pod('after');
        running.push(next);
        await next.start();
        await running.shift()?.stop();
        await allOnline();
      }
      const counts = [...accounts.logins.values()];
      console.info(
        `rollout of ${members} pods: ${counts.reduce((sum, count) => sum + count, 0)} logins of ${devices} sessions, most ${Math.max(...counts)}, ${accounts.replaced} while another was open`,
      );
      expect(Math.max(...counts)).toBeLessThanOrEqual(2);
      expect(accounts.replaced).toBeLessThan(devices / 10);
    }, 240_000);
  }),
);

import { randomUUID } from 'node:crypto';
import { Postgres } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine, rankSumDeviation } from '@causeway/testing';
import { byNight, nightly } from '@causeway/testing/faults';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { connectWithEventLog } from '../fixtures/event-log.js';
import { TestUser } from '../fixtures/user.js';
import { startWorld, type World } from '../fixtures/world.js';

const PROBES = 2_000;
/** What chance gives once in 15,000 runs. */
const MOST_DEVIATION = 4;

describeWithEngine('postgres', 'a stranger who asks for a device', (postgresUrl) => {
  let database: TestDatabase;
  let admin: Postgres;
  let world: World;
  /** Of somebody else, who is enlisted with it. */
  let known: string;
  let userId: string;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    admin = await connectWithEventLog(database.url);
    world = await startWorld(database.urlFor('accounts'));
    const device = await new TestUser(world).registerDevice();
    expect(await device.optIn()).toMatchObject({ body: { state: 'enlisted' } });
    [known, userId] = [device.id, device.userId];
  });
  afterEach(() => vi.restoreAllMocks());
  afterAll(async () => {
    await world.stop();
    await admin.close();
    await database.drop();
  });

  const optIn = (id: string) => `/v1/devices/${id}/opt-ins/simulator`;

  it.each<[string, (id: string) => string, object?]>([
    ['DELETE', (id) => `/v1/devices/${id}`],
    ['GET', optIn],
    ['DELETE', optIn],
    [
      'PUT',
      optIn,
      { identifierKind: 'email', readReceipts: true, consent: { textVersion: '2026-11', locale: 'de-AT' } },
    ],
    ['POST', (id) => `${optIn(id)}/tokens`, { purpose: 'login' }],
  ])(
    'gets the same answer for the same statements, whether or not there is one: %s',
    async (method, path, body) => {
      const stranger = new TestUser(world);
      await stranger.registerDevice();
      // The service runs in this process: what it asks its database is written down, and asked.
      const { mock } = vi.spyOn(Postgres.prototype, 'query');
      const probe = async (id: string) => {
        const asked = mock.calls.length;
        const answer = await stranger.call(method, path(id), body);
        const { requestId, ...problem } = answer.body;
        expect(requestId).toBeDefined();
        // Of all that the service does meanwhile, what is about the device or whoever may be its user.
        const about = [id, userId, stranger.subject];
        const statements = mock.calls.slice(asked).map(([statement]) => statement);
        const texts = statements.filter(({ values }) =>
          values.some((value) => about.includes(String(value))),
        );
        return { ...answer, body: problem, texts: texts.map(({ text }) => text) };
      };
      const [ofSomebody, ofNobody] = [await probe(known), await probe(randomUUID())];
      expect(ofSomebody).toEqual(ofNobody);
      expect(ofSomebody.status).toBe(404);
      expect(ofSomebody.texts).toHaveLength(1);
      expect(ofSomebody.body.code).toBe('device_unknown');
    },
  );

  it.runIf(nightly)(
    byNight('does not hear it from the time of the answer either, by the distribution of thousands'),
    { timeout: 300_000 },
    async () => {
      const stranger = new TestUser(world);
      const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
      for (let probe = 0; probe < PROBES; probe += 1) {
        const order = probe % 2 === 0 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const);
        for (const kind of order) {
          const startedAt = performance.now();
          await stranger.call('GET', optIn(kind === 'known' ? known : randomUUID()));
          times[kind].push(performance.now() - startedAt);
        }
      }
      expect(Math.abs(rankSumDeviation(times.known, times.unknown))).toBeLessThan(MOST_DEVIATION);
    },
  );
});

import { randomUUID } from 'node:crypto';
import { sessionTopic } from '@causeway/contracts/session';
import {
  announceChannel,
  CoordinationError,
  openCoordination,
  type Coordination,
  type LostEntry,
} from '@causeway/coordination';
import { loseMemory } from '@causeway/coordination/testing';
import { limits } from '@causeway/limits';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, FakeClock } from '@causeway/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sessionKeyNumber, SessionWorld } from '../fixtures/session-world.js';
import { SessionRegistry } from '../sessions/session-registry.js';
import { IndexWatch } from './index-watch.js';
import type { Openings } from './openings.js';
import { PresenceWatch } from './presence-watch.js';

const pod = 'pod-a';
const partition = 3;

let clock: FakeClock;
let world: SessionWorld;
let registry: SessionRegistry;
let coordination: Coordination;
let watch: PresenceWatch;
let engine: string;
/** While set, presence cannot be read. */
let down: boolean;

/** Every device that is present may connect. */
const openings = {
  of: async ({ sessionKey, epoch }) =>
    world.open({ sessionKey: sessionKey as ReturnType<typeof sessionKeyNumber>, epoch, reason: 'reconnect' }),
} as Pick<Openings, 'of'> as Openings;

beforeEach(async () => {
  clock = new FakeClock();
  down = false;
  const { logger } = captureLogs();
  world = new SessionWorld(clock, logger);
  registry = new SessionRegistry(world.deps);
  engine = `memory:${randomUUID()}`;
  coordination = openCoordination(engine, { logger, metrics: createMetrics('t'), clock });
  const presence = {
    ...coordination.presence,
    get: (key: string) => reading(() => coordination.presence.get(key)),
    list: (of: number) => reading(() => coordination.presence.list(of)),
    life: () => reading(() => coordination.presence.life()),
  };
  const index = new IndexWatch({ presence, signals: coordination.signals }, clock, logger);
  // The engine is not new any more.
  await clock.advance(limits.presenceRebuildMs.value);
  watch = new PresenceWatch(registry, presence, index, openings, clock, logger);
  watch.start();
});
afterEach(async () => {
  watch.stop();
  await coordination.close();
});

async function reading<T>(read: () => Promise<T>): Promise<T> {
  if (down) throw new CoordinationError('coordination_unreachable');
  return read();
}

async function connect(number = 1) {
  await coordination.presence.renew(pod);
  const sessionKey = sessionKeyNumber(number);
  const epoch = await coordination.presence.put({ sessionKey, partition, podId: pod });
  const open = world.open({ sessionKey, epoch });
  registry.dispatch(open, partition);
  await clock.advance(0);
  return open;
}

/** Lets time pass while the device's pod keeps its lease. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1_000) {
    await coordination.presence.renew(pod);
    await clock.advance(1_000);
  }
}

describe('invariant 4: no upstream connection outlives its device by more than the bounds', () => {
  it('a session whose device’s pod has died ends within 15 seconds', async () => {
    await connect();
    await pass(60_000);
    expect(registry.size).toBe(1);
    await clock.advance(limits.closeAfterLostLeaseMs.value);
    expect(registry.size).toBe(0);
    expect(world.link.closed).toBe(true);
  });

  it('a session whose device is gone, and whose `close` was lost, ends within 5 seconds', async () => {
    const { sessionKey, epoch } = await connect();
    await coordination.presence.remove(sessionKey, epoch);
    await pass(limits.closeAfterCleanDisconnectMs.value);
    expect(registry.size).toBe(0);
  });

  it('all end within 30 seconds when presence cannot be read, and not before 20', async () => {
    await connect(1);
    await connect(2);
    down = true;
    await pass(20_000);
    expect(registry.size).toBe(2);
    await pass(10_000);
    expect(registry.size).toBe(0);
    expect(world.links.every(({ closed }) => closed)).toBe(true);
  });

  it('a session that opens while presence is read is not judged by it', async () => {
    await connect(1);
    const listed = coordination.presence.list.bind(coordination.presence);
    const entries = await listed(partition);
    coordination.presence.list = async () => {
      registry.open(world.open({ sessionKey: sessionKeyNumber(2) }), partition);
      return entries;
    };
    await pass(5_000);
    expect(registry.size).toBe(2);
    coordination.presence.list = listed;
  });
});

describe('after coordination lost its memory', () => {
  /** @returns what the fanout pod that holds the device's socket puts back */
  async function connectAndLose(): Promise<LostEntry> {
    await watch.gained([partition]);
    const { sessionKey, epoch } = await connect();
    loseMemory(engine);
    return { sessionKey, epoch, partition, podId: pod, lastSeq: 0 };
  }

  it('no session is closed while devices are put back', async () => {
    const entry = await connectAndLose();
    await pass(10_000);
    expect(registry.size).toBe(1);
    await coordination.presence.restore([entry]);
    await pass(60_000);
    expect(registry.size).toBe(1);
    expect(world.links).toHaveLength(1);
  });

  it('fanout pods are asked to put theirs back, until the index counts as whole', async () => {
    const heard: string[] = [];
    await coordination.signals.subscribe(announceChannel, (life) => heard.push(life));
    await connectAndLose();
    const { id } = await coordination.presence.life();
    await pass(60_000);
    expect(new Set(heard)).toEqual(new Set([id]));
    expect(heard.length).toBeLessThanOrEqual(limits.presenceRebuildMs.value / 5_000 + 1);
  });

  it('invariant 4: a session whose device does not come back ends within 30 seconds', async () => {
    await connectAndLose();
    await pass(30_000);
    expect(registry.size).toBe(0);
    expect(world.link.closed).toBe(true);
  });

  it('invariant 4: that presence could not be read before counts too', async () => {
    await watch.gained([partition]);
    await connect();
    down = true;
    await pass(15_000);
    loseMemory(engine);
    down = false;
    await pass(15_000);
    expect(registry.size).toBe(0);
  });

  it('a partition that is gained meanwhile gets its sessions when they are there', async () => {
    const entry = await connectAndLose();
    await watch.lost([partition]);
    await watch.gained([partition]);
    expect(registry.size).toBe(0);
    await coordination.presence.restore([entry]);
    await pass(20_000);
    expect(registry.size).toBe(1);
  });

  it('an `open` that is read meanwhile is carried out when its device is there', async () => {
    await watch.gained([partition]);
    loseMemory(engine);
    const open = world.open({ sessionKey: sessionKeyNumber(5), epoch: 9 });
    expect(await watch.isStale(open)).toBe(true);
    await coordination.presence.restore([
      { sessionKey: open.sessionKey, epoch: 9, partition, podId: pod, lastSeq: 0 },
    ]);
    await pass(20_000);
    expect(registry.size).toBe(1);
  });
});

describe('PresenceWatch', () => {
  it('opens again the session of a device whose pod was cut off for a while', async () => {
    await watch.gained([partition]);
    await connect();
    await clock.advance(20_000);
    expect(registry.size).toBe(0);
    await pass(6_000);
    expect(registry.size).toBe(1);
    expect(world.links).toHaveLength(2);
  });

  it('opens the sessions of a partition that was gained, and closes those of one that was lost', async () => {
    await coordination.presence.renew(pod);
    await coordination.presence.put({ sessionKey: sessionKeyNumber(1), partition, podId: pod });
    await coordination.presence.put({ sessionKey: sessionKeyNumber(2), partition: 4, podId: pod });
    await watch.gained([partition]);
    expect([...registry.partitions()]).toEqual([partition]);
    await clock.advance(0);
    await watch.lost([partition]);
    expect(registry.size).toBe(0);
    await watch.gained([partition]);
    expect(registry.size).toBe(1);
  });

  it('opens what it could not see, once presence can be read again', async () => {
    await coordination.presence.renew(pod);
    await coordination.presence.put({ sessionKey: sessionKeyNumber(1), partition, podId: pod });
    down = true;
    await watch.gained([partition]);
    await pass(10_000);
    expect(registry.size).toBe(0);
    down = false;
    await pass(5_000);
    expect(registry.size).toBe(1);
  });

  it('opens again what it closed because presence could not be read', async () => {
    await watch.gained([partition]);
    await connect();
    down = true;
    await pass(31_000);
    expect(registry.size).toBe(0);
    down = false;
    await pass(5_000);
    expect(registry.size).toBe(1);
  });

  it('does not open again what ended for good', async () => {
    await watch.gained([partition]);
    await connect();
    world.link.drop('account_unknown', 'stop');
    await pass(20_000);
    expect(world.links).toHaveLength(1);
    expect(world.told.map((event) => sessionTopic.schema.parse(event).type)).toEqual(['opened', 'closed']);
  });

  it('knows an `open` that is read too late: its device is gone, or has connected anew', async () => {
    const open = await connect();
    expect(await watch.isStale(open)).toBe(false);
    const { sessionKey } = open;
    const epoch = await coordination.presence.put({ sessionKey, partition, podId: pod });
    expect(await watch.isStale(open)).toBe(true);
    expect(await watch.isStale({ ...open, epoch })).toBe(false);
    await clock.advance(8_000);
    expect(await watch.isStale({ ...open, epoch })).toBe(true);
    down = true;
    await expect(watch.isStale(open)).rejects.toThrow(CoordinationError);
  });
});

import { setTimeout as delay } from 'node:timers/promises';
import { describeWithEngine } from '@causeway/testing';
import { behindProxy, byNight, nightly, ownRedis, type BehindProxy } from '@causeway/testing/faults';
import { afterAll, afterEach, beforeAll, beforeEach, it } from 'vitest';
import { MailboxTrial } from './mailbox-trial.fixture.js';
import { RedisPair, cli } from './redis-pair.fixture.js';

type Redis = Awaited<ReturnType<typeof ownRedis>>;

const timeout = 180_000;
const stallMs = nightly ? 30_000 : 3_000;

async function runTrial(title: string, url: string, fault: () => Promise<void>): Promise<void> {
  const trial = await MailboxTrial.begin(title, url);
  try {
    await fault();
    trial.healed();
    await trial.finish();
  } finally {
    await trial.end();
  }
}

describeWithEngine('redis', 'Redis under faults that leave it its memory', () => {
  let redis: Redis;
  let behind: BehindProxy;
  beforeAll(async () => {
    redis = await ownRedis(['--save', '', '--appendonly', 'no', '--enable-debug-command', 'yes']);
    behind = await behindProxy(redis);
  });
  afterAll(() => behind.remove());

  it('that pauses its clients', { timeout }, async () => {
    await runTrial(`Redis, CLIENT PAUSE of ${stallMs} ms`, behind.url, async () => {
      await cli(redis, 'client', 'pause', String(stallMs), 'all');
      await delay(stallMs);
    });
  });

  it.runIf(nightly)(byNight('that sleeps'), { timeout }, async () => {
    await runTrial('Redis, DEBUG SLEEP of 10 s', behind.url, async () => {
      // Answers when it wakes up.
      await cli(redis, 'debug', 'sleep', '10');
    });
  });

  it.runIf(nightly)(byNight('that stands still'), { timeout }, async () => {
    await runTrial('Redis, SIGSTOP for 45 s', behind.url, async () => {
      await redis.freeze();
      await delay(45_000);
      await redis.thaw();
    });
  });

  it.runIf(nightly)(byNight('behind a network that swallows everything'), { timeout }, async () => {
    await runTrial(`Redis, black hole of ${stallMs} ms`, behind.url, async () => {
      behind.proxy.blackHole();
      await delay(stallMs);
      await behind.proxy.heal();
    });
  });
});

describeWithEngine('redis', 'Redis that fails over to its replica', () => {
  let pair: RedisPair;
  beforeEach(async () => {
    pair = await RedisPair.start();
  });
  afterEach(() => pair.remove());

  it('while the former primary lives on and refuses to write: clients follow', { timeout }, async () => {
    await runTrial('Redis, failover with the primary alive', pair.url, async () => {
      await pair.holdWrites();
      await pair.promote();
      await pair.demote();
    });
  });

  it(
    'while the former primary is silent and its connections stay open: clients follow',
    { timeout },
    async () => {
      await runTrial('Redis, failover with the primary silent', pair.url, async () => {
        await pair.holdWrites();
        await pair.primary.freeze();
        await pair.promote();
      });
    },
  );
});

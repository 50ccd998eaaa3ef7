import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { byNight, nightly, seeded, type BehindProxy } from '@causeway/testing/faults';
import { runTrial, trialTimeoutMs } from './consumer-trials.fixture.js';
import type { TrialAddresses } from './member.fixture.js';

/** A retry that outlasts an engine which takes the effects' database away with it. */
export const retry = { attempts: 12, backoffMs: 50 };

/** Longer than a membership in the Postgres log and than a statement may take; half a minute in the campaigns. */
const blackHoleMs = nightly ? 30_000 : 8_000;

/** Longer than any membership, so that all of them have lapsed when the engine goes on. */
const frozenMs = 45_000;

/**
 * What can happen to the engine itself, on any engine.
 * @param startEngine an engine that can be disturbed, and nobody else's
 * @param fresh addresses by way of its proxy, with an empty database for effects
 */
export function engineTrials(
  name: string,
  startEngine: () => Promise<BehindProxy>,
  fresh: (engine: BehindProxy) => Promise<TrialAddresses>,
): void {
  let behind: BehindProxy;
  beforeAll(async () => {
    behind = await startEngine();
  }, 120_000);
  afterAll(() => behind.remove());

  it(
    'loses and doubles nothing when the engine is killed and comes back',
    { timeout: trialTimeoutMs },
    seeded(async (random) => {
      const title = `${name}, engine SIGKILL`;
      await runTrial(await fresh(behind), { title, seed: random.seed, retry }, async (trial) => {
        await trial.member('one');
        await trial.member('two');
        await trial.flow();
        for (let round = 0; round < (nightly ? 10 : 1); round++) {
          await delay(random.int(100, 600));
          await behind.engine.kill();
          await delay(random.int(0, 1_000));
          await behind.engine.start();
          trial.healed();
        }
        await trial.finish();
        await trial.requireNoDeadLetters();
      });
    }),
  );

  // What a silent network does to the clients of a broker takes as long again as all other trials.
  const everyDay = nightly || name === 'Postgres';
  const silence = 'loses and doubles nothing when the network swallows everything for a while';
  it.runIf(everyDay)(
    everyDay ? silence : byNight(silence),
    { timeout: trialTimeoutMs },
    seeded(async (random) => {
      const title = `${name}, black hole of ${blackHoleMs} ms`;
      await runTrial(await fresh(behind), { title, seed: random.seed, retry }, async (trial) => {
        await trial.member('one');
        await trial.member('two');
        await trial.flow();
        behind.proxy.blackHole();
        await delay(blackHoleMs);
        expect(behind.proxy.held).toBeLessThan(16 * 1024 * 1024);
        await behind.proxy.heal();
        trial.healed();
        await trial.finish();
        await trial.requireNoDeadLetters();
      });
    }),
  );

  it.runIf(nightly)(
    byNight('loses and doubles nothing when the engine stands still and goes on'),
    { timeout: trialTimeoutMs },
    seeded(async (random) => {
      const title = `${name}, engine SIGSTOP for ${frozenMs} ms`;
      await runTrial(await fresh(behind), { title, seed: random.seed, retry }, async (trial) => {
        await trial.member('one');
        await trial.member('two');
        await trial.flow();
        await delay(random.int(0, 1_000));
        await behind.engine.freeze();
        await delay(frozenMs);
        await behind.engine.thaw();
        trial.healed();
        await trial.finish();
        await trial.requireNoDeadLetters();
      });
    }),
  );

  it.runIf(nightly)(
    byNight('loses and doubles nothing over slow, sliced and cut connections'),
    { timeout: trialTimeoutMs },
    seeded(async (random) => {
      const title = `${name}, bad network`;
      await runTrial(await fresh(behind), { title, seed: random.seed, retry }, async (trial) => {
        await trial.member('one');
        await trial.member('two');
        await trial.flow();
        for (let round = 0; round < 20; round++) {
          const faults = [
            { latencyMs: random.int(1, 80), jitterMs: 20 },
            { slice: true },
            { cutAfterBytes: random.int(1, 20_000) },
          ];
          behind.proxy.disturb(random.pick(['up', 'down', 'both']), random.pick(faults));
          await delay(random.int(200, 1_500));
          if (random.next() < 0.5) behind.proxy.cut();
        }
        await behind.proxy.heal();
        trial.healed();
        await trial.finish();
        await trial.requireNoDeadLetters();
      });
    }),
  );
}

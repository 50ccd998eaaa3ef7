import type { BenchmarkOptions, Measure } from '../harness/benchmark.js';
import { ClientProcess, GatekeeperProcess } from './login-process.js';
import type { SessionWorld } from './login-world.js';

/** Logins a second that the bucket lets through: what the simulated gatekeeper, in JavaScript, can take beside its clients. */
const stormPerSecond = 20;
const bystanders = 50;
const calmMs = 10_000;

/**
 * A gatekeeper is killed and started again. Its sessions come back by their own policy and the bucket of their profile,
 * while those of another gatekeeper go on.
 */
export async function measureStorm(
  world: SessionWorld,
  loginMs: number,
  { log }: BenchmarkOptions,
): Promise<Measure[]> {
  const { sessions } = world;
  const other = await GatekeeperProcess.start(bystanders);
  const ours = world.ours(stormPerSecond);
  const clients = ClientProcess.start(ours.target, ours.ca);
  const calm = ClientProcess.start({ kind: 'connections', target: other.target }, other.ca);
  try {
    log(`session: ${sessions} sessions come back`);
    await calm.run({ do: 'log-in', first: 0, count: bystanders, perSecond: 1_000 });
    await clients.run({ do: 'log-in', first: 0, count: sessions, perSecond: 1_000 });
    const before = await calm.run({ do: 'pings', ms: calmMs });
    const boundMs = (sessions * 1_000) / stormPerSecond;
    const during = calm.run({ do: 'pings', ms: boundMs * 0.9 });
    const returning = clients.run({ do: 'come-back', withinMs: 3 * boundMs });
    const [back, { p99Ms }] = await Promise.all([returning, during, world.restart()]);
    return [
      {
        name: `${sessions} sessions back: CPU`,
        unit: 'ms',
        ours: back.cpuMs,
        baseline: sessions * loginMs,
        ratioGoal: { most: 1.3 },
        cpuMsPerOperation: back.cpuMs / sessions,
        note: 'baseline: as many logins by themselves',
      },
      {
        name: `${sessions} sessions back: time`,
        unit: 'ms',
        ours: back.wallMs,
        baseline: boundMs,
        ratioGoal: { most: 1.2 },
        note: `from the kill on; baseline: a bucket of ${stormPerSecond} logins a second`,
      },
      {
        name: 'p99 of other sessions meanwhile',
        unit: 'ms',
        ours: p99Ms ?? Number.NaN,
        baseline: before.p99Ms ?? Number.NaN,
        ratioGoal: { most: 3 },
        note: `${bystanders} sessions of another gatekeeper and process; baseline before the loss`,
      },
    ];
  } finally {
    await Promise.all([clients.stop(), calm.stop(), other.stop()]);
  }
}

import { dockerAnswers, prosodyImage } from '@causeway/testing/engines';
import type { BenchmarkOptions, Measure } from '../harness/benchmark.js';
import { measureLogins } from './login.js';
import { startSessionWorld } from './login-world.js';
import { measureMemoryAndIdle } from './memory.js';
import { measureStorm } from './storm.js';

/** Of a process here: 20,000 descriptors at most, and each session of the gatekeeper's process has two pairs. */
const sessions = 2_000;

/** Whole sessions: what they cost to open, to keep, and to open again all at once. */
export async function measureWholeSessions(options: BenchmarkOptions): Promise<readonly Measure[]> {
  if (prosodyImage() === undefined || !(await dockerAnswers())) {
    options.log('session: whole sessions are left out, they need a Docker engine and PROSODY_IMAGE');
    return [];
  }
  const world = await startSessionWorld(sessions);
  try {
    const { measures, loginMs } = await measureLogins(world, options);
    const memory = await measureMemoryAndIdle(world, options);
    return [...measures, ...memory, ...(await measureStorm(world, loginMs, options))];
  } finally {
    await world.stop();
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import type { BehindProxy } from '@causeway/testing/faults';
import type { OwnEngines } from './own-engines.js';

/** What is done to an engine under a running column, and undone again. */
export interface EngineFault {
  readonly name: string;
  run(engines: OwnEngines): Promise<void>;
}

type Engine = 'postgres' | 'redis' | 'kafka';

async function blackHole({ proxy }: BehindProxy): Promise<void> {
  proxy.blackHole();
  await delay(30_000);
  await proxy.heal();
}

async function freeze({ engine }: BehindProxy): Promise<void> {
  await engine.freeze();
  await delay(45_000);
  await engine.thaw();
}

const network = (engine: Engine): EngineFault => ({
  name: `${engine} black-holed for 30 s`,
  run: (engines) => blackHole(engines[engine]),
});
const standstill = (engine: Engine): EngineFault => ({
  name: `${engine} SIGSTOP for 45 s`,
  run: (engines) => freeze(engines[engine]),
});

/** On every custody. */
export const engineFaults: readonly EngineFault[] = [
  {
    name: 'redis FLUSHALL',
    run: async ({ redisItself }) => void (await redisItself.run(['redis-cli', 'flushall'])),
  },
  network('redis'),
  standstill('redis'),
  {
    name: 'kafka SIGKILL',
    async run({ kafka }) {
      await kafka.engine.kill();
      await kafka.engine.start();
    },
  },
  network('kafka'),
  standstill('kafka'),
  network('postgres'),
  standstill('postgres'),
  {
    name: 'postgres disk full for 15 s',
    async run({ disk }) {
      await disk.fillDisk();
      await delay(15_000);
      await disk.freeDisk();
    },
  },
];

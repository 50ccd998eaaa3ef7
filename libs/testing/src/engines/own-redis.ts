import { GenericContainer, getContainerRuntimeClient, Wait, type StartedTestContainer } from 'testcontainers';
import { startContainer } from './start-container.js';

/** A Redis of one test file alone, which it may stall or empty. */
export interface OwnRedis {
  readonly url: string;
  /** Connections stay and new ones are taken, but nothing is answered. */
  pause(): Promise<void>;
  unpause(): Promise<void>;
  /** Loses everything, at once. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a Redis without persistence, of the image of the run's Redis. Needs a Docker engine. */
export async function startOwnRedis(): Promise<OwnRedis> {
  const container = await start();
  return own('redis', container);
}

/** Starts a cluster of one node that holds every slot: enough to refuse what touches more than one slot at once. */
export async function startRedisCluster(): Promise<OwnRedis> {
  const container = await start('--cluster-enabled', 'yes');
  const cli = async (...command: string[]): Promise<string> =>
    (await container.exec(['redis-cli', ...command])).output;
  // Clients are told where its port is on this machine, not in its container.
  await cli('config', 'set', 'cluster-announce-ip', '127.0.0.1');
  await cli('config', 'set', 'cluster-announce-port', String(container.getMappedPort(6379)));
  await cli('cluster', 'addslotsrange', '0', '16383');
  for (let look = 0; !(await cli('cluster', 'info')).includes('cluster_state:ok'); look++) {
    if (look === 50) throw new Error('the cluster does not become ready');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return own('redis+cluster', container);
}

function start(...options: readonly string[]): Promise<StartedTestContainer> {
  return startContainer(() =>
    new GenericContainer(process.env['REDIS_IMAGE'] ?? 'redis:8')
      .withCommand(['redis-server', '--save', '', '--appendonly', 'no', ...options])
      .withExposedPorts(6379)
      .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/)),
  );
}

function own(scheme: string, container: StartedTestContainer): OwnRedis {
  const url = `${scheme}://${container.getHost()}:${container.getMappedPort(6379)}`;
  const handle = async () => (await getContainerRuntimeClient()).container.getById(container.getId());
  return {
    url,
    pause: async () => void (await (await handle()).pause()),
    unpause: async () => void (await (await handle()).unpause()),
    flush: async () => void (await container.exec(['redis-cli', 'flushall'])),
    stop: async () => void (await container.stop()),
  };
}

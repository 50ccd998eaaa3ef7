import { GenericContainer, getContainerRuntimeClient, type StartedTestContainer } from 'testcontainers';
import { eventually } from '../../eventually.js';
import { freePort } from '../../engines/embedded.js';
import { startContainer } from '../../engines/start-container.js';
import type { OwnEngine, Probe } from './own-engine.js';

/** An engine in a container, and what only a container can do. */
export interface OwnContainer extends OwnEngine {
  /** Where other containers reach it, on its own port. */
  readonly insideHost: string;
  /** Runs a command in the container; throws when it fails. */
  run(command: readonly string[]): Promise<string>;
}

export interface ContainerDefinition {
  readonly image: string;
  /** The port on which the engine listens inside. */
  readonly port: number;
  /** Settings that depend on the port by which clients reach it. */
  readonly configure: (container: GenericContainer, port: number) => GenericContainer;
  readonly urlOf: (address: { readonly host: string; readonly port: number }) => string;
  readonly probe: Probe;
  /** How long it may take to start; a minute by default. */
  readonly startDeadlineMs?: number;
}

/**
 * Starts a container on a port of the host that stays its own: a port that Docker chooses would be another one after a
 * restart. Ready when its probe is answered, each time.
 */
export async function startOwnContainer(definition: ContainerDefinition): Promise<OwnContainer> {
  const { startDeadlineMs = 60_000 } = definition;
  let port = 0;
  const container = await startContainer(async () => {
    port = await freePort();
    const base = new GenericContainer(definition.image).withExposedPorts({
      container: definition.port,
      host: port,
    });
    // The image's own readiness is not asked: the probe is, at the first start as after each kill.
    return definition.configure(base, port).withStartupTimeout(startDeadlineMs);
  });
  const address = { host: container.getHost(), port };
  const client = await getContainerRuntimeClient();
  const handle = client.container.getById(container.getId());
  const ready = (): Promise<void> =>
    eventually(() => definition.probe(address), { deadlineMs: startDeadlineMs, everyMs: 100 });
  try {
    await ready();
  } catch (error) {
    await container.stop();
    throw error;
  }
  return {
    ...address,
    url: definition.urlOf(address),
    insideHost: container.getIpAddress(container.getNetworkNames()[0] ?? 'bridge'),
    ranOn: `container ${definition.image}`,
    async kill() {
      const gone = handle.wait();
      await handle.kill({ signal: 'SIGKILL' });
      await gone;
    },
    async start() {
      await handle.start();
      await ready();
    },
    // On a busy machine the kernel can fail to freeze all threads at once.
    freeze: () => eventually(async () => void (await handle.pause()), { deadlineMs: 10_000, everyMs: 200 }),
    thaw: async () => void (await handle.unpause()),
    run: (command) => run(container, command),
    remove: () => remove(container),
  };
}

async function run(container: StartedTestContainer, command: readonly string[]): Promise<string> {
  const { exitCode, output } = await container.exec([...command]);
  if (exitCode !== 0) throw new Error(`${command[0]} ended with ${exitCode}: ${output.slice(0, 500)}`);
  return output;
}

async function remove(container: StartedTestContainer): Promise<void> {
  const client = await getContainerRuntimeClient();
  // At once, also when it is frozen or was killed.
  await client.container.getById(container.getId()).remove({ force: true, v: true });
}

import { createWriteStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { Simulator } from '@causeway/gatekeeper-sim';
import { startIdentityProvider } from '../identity-provider/identity-provider.js';
import { startWakeReceiver, type WakeReceiver } from '../provider/wake-receiver.js';
import { startDatabase } from './database.js';
import { loadDevelopmentKeys, publicJwk } from './development-keys.js';
import { removeEndpoints, writeEndpoints, type StackEndpoints } from './endpoints.js';
import { serviceEnvironments, serviceUrl } from './environments.js';
import type { StackPorts } from './ports.js';
import { requireFreePorts } from './require-free-ports.js';
import { stackFolders, startServices } from './services.js';
import { startStackSimulator, writeSimulatorProfile, type Custody } from './simulator.js';

export interface StackOptions {
  readonly dataDir: string;
  readonly ports: StackPorts;
  readonly custody: Custody;
  /** Begin without the users, devices and files of earlier runs. */
  readonly fresh: boolean;
  /** The repository's profile file of the simulator. */
  readonly profileTemplate: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logLevel: string;
  /** Told in one line what was started and stopped. */
  readonly log: (line: string) => void;
}

/** Everything in one process: engines, six services, simulator, identity provider. */
export interface Stack {
  readonly endpoints: StackEndpoints;
  readonly devicesFolder: string;
  readonly wakes: WakeReceiver;
  /** Drains the services first and stops Postgres last. @returns whether every service drained in time */
  stop(): Promise<boolean>;
}

/**
 * Starts the whole stack on the embedded column.
 * @throws whatever a part throws at start, after stopping what had been started
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { dataDir, ports, log } = options;
  const folders = stackFolders(dataDir);
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    let clean = true;
    removeEndpoints(folders.endpoints);
    for (const end of stops.splice(0).toReversed()) clean = (await end()) !== false && clean;
    return clean;
  };
  try {
    await requireFreePorts(ports);
    if (options.fresh) {
      for (const folder of [folders.devices, folders.blobs]) rmSync(folder, { recursive: true, force: true });
    }
    mkdirSync(folders.devices, { recursive: true });
    const keys = loadDevelopmentKeys(dataDir);
    writeFileSync(folders.jwks, JSON.stringify({ keys: [publicJwk(keys.tokenSigningKey)] }));
    const logFile = createWriteStream(folders.log, { flags: 'a' });
    stops.push(() => new Promise<void>((resolve) => logFile.end(resolve)));
    const [database, identityProvider, wakes, simulator] = await startParts(
      options,
      keys,
      folders.database,
      stops,
    );
    const engines = {
      databaseUrlOf: database.urlOf,
      eventsUrl: 'postgres:',
      coordinationUrl: `memory:stack-${ports.accounts}`,
      blobsUrl: new URL(`file://${folders.blobs}`).href,
      extra: {},
    };
    const profile = await writeSimulatorProfile(
      options.profileTemplate,
      folders.profiles,
      ports,
      simulator,
      options.custody,
    );
    const environments = serviceEnvironments({
      ports,
      keys,
      engines,
      issuer: identityProvider.issuer,
      oidcJwksUrl: identityProvider.jwksUrl,
      profilesDir: folders.profiles,
      profiles: [profile],
      jwksFile: folders.jwks,
      logLevel: options.logLevel,
    });
    const services = await startServices(environments, logFile);
    stops.push(services.drain);
    log('six services are listening');
    const endpoints = endpointsOf(ports, profile, identityProvider.tokenUrl, simulator);
    writeEndpoints(folders.endpoints, endpoints);
    return { endpoints, devicesFolder: folders.devices, wakes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(
  { ports, environment, log, fresh }: StackOptions,
  keys: ReturnType<typeof loadDevelopmentKeys>,
  databaseFolder: string,
  stops: (() => Promise<unknown>)[],
) {
  const database = await startDatabase(databaseFolder, ports.postgres, keys, log, fresh);
  stops.push(() => database.stop());
  const identityProvider = await startIdentityProvider(ports.identityProvider, keys.identityProviderKey);
  stops.push(() => identityProvider.stop());
  const wakes = await startWakeReceiver(ports.provider, keys.wakeSecret);
  stops.push(() => wakes.stop());
  const simulator = await startStackSimulator(ports, keys.simulatorRootKey, environment);
  stops.push(() => simulator.stop());
  return [database, identityProvider, wakes, simulator] as const;
}

function endpointsOf(
  ports: StackPorts,
  gatekeeper: string,
  tokenUrl: string,
  simulator: Simulator,
): StackEndpoints {
  return {
    services: {
      accounts: serviceUrl(ports, 'accounts'),
      keys: serviceUrl(ports, 'keys'),
      session: serviceUrl(ports, 'session'),
      fanout: serviceUrl(ports, 'fanout'),
      media: serviceUrl(ports, 'media'),
      webhooks: serviceUrl(ports, 'webhooks'),
    },
    gatekeeper,
    tokenUrl,
    control: simulator.endpoints.control,
  };
}

import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { StartOptions as ServiceStartOptions } from '@causeway/runtime';
import { startWakeReceiver, type WakeReceiver } from '../provider/wake-receiver.js';
import { startDatabase } from './database.js';
import { loadDevelopmentKeys, type DevelopmentKeys } from './development-keys.js';
import { removeEndpoints, writeEndpoints, type StackEndpoints } from './endpoints.js';
import { serviceEnvironments, serviceUrl } from './environments.js';
import { stackFolders } from './folders.js';
import type { GatekeeperChoice } from './gatekeeper.js';
import { prepareKeyRing } from './key-ring.js';
import { prepareWrappingRings } from './wrapping-rings.js';
import { loadLateParts, type LateParts } from './late-parts.js';
import { portsListenedOn, type StackPorts } from './ports.js';
import { requireDevelopment } from './require-development.js';
import { requireFreePorts } from './require-free-ports.js';
import { serviceNames } from './service-names.js';

export interface StackOptions {
  readonly dataDir: string;
  readonly ports: StackPorts;
  readonly gatekeeper: GatekeeperChoice;
  /** Begin without the users, devices and files of earlier runs. */
  readonly fresh: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logLevel: string;
  /** Opens the event bus of the services in place of the log. */
  readonly openBus?: ServiceStartOptions['openBus'];
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

/** What ends a part of the stack; false when it did not end as it should. */
type Stop = () => Promise<unknown>;

/**
 * Starts the whole stack on the embedded column.
 * @throws whatever a part throws at start, after stopping what had been started
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  requireDevelopment(options.environment);
  await requireFreePorts(portsListenedOn(options.ports, options.gatekeeper.kind === 'simulator'));
  const folders = stackFolders(options.dataDir);
  const stops: Stop[] = [];
  const stop = async () => {
    let clean = true;
    for (const end of stops.splice(0).toReversed()) {
      // Whatever fails to end, the rest must still be ended.
      const ended = await end().catch(() => false);
      clean = ended !== false && clean;
    }
    return clean;
  };
  try {
    const keys = await prepareFolders(folders, options);
    const parts = await startParts(options, keys, folders, stops);
    const environments = environmentsOf(options, keys, folders, parts);
    const logFile = createWriteStream(folders.log, { flags: 'a' });
    stops.push(() => new Promise<void>((resolve) => logFile.end(resolve)));
    const services = await parts.code.startServices(environments, logFile, options.openBus);
    stops.push(services.drain);
    options.log('six services are listening');
    const endpoints = endpointsOf(options.ports, parts);
    writeEndpoints(folders.endpoints, endpoints);
    stops.push(async () => removeEndpoints(folders.endpoints));
    return { endpoints, devicesFolder: folders.devices, wakes: parts.wakes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Folders = ReturnType<typeof stackFolders>;
type Parts = Awaited<ReturnType<typeof startParts>>;

async function prepareFolders(folders: Folders, { fresh, dataDir }: StackOptions): Promise<DevelopmentKeys> {
  const emptied = fresh ? [folders.devices, folders.blobs, folders.log] : [];
  for (const path of emptied) rmSync(path, { recursive: true, force: true });
  mkdirSync(folders.devices, { recursive: true });
  mkdirSync(folders.blobs, { recursive: true });
  await prepareKeyRing(folders.keyRing);
  const keys = loadDevelopmentKeys(dataDir);
  await prepareWrappingRings(folders.wrappingRings, keys);
  return keys;
}

async function startParts(options: StackOptions, keys: DevelopmentKeys, folders: Folders, stops: Stop[]) {
  const { ports, environment, log, fresh } = options;
  const started = <T extends { stop(): Promise<unknown> }>(part: T): T => {
    stops.push(() => part.stop());
    return part;
  };
  const [database, code] = await startWhileLoading(() =>
    startDatabase(folders.database, ports.postgres, keys, log, fresh).then(started),
  );
  const identityProvider = started(
    await code.startIdentityProvider(ports.identityProvider, keys.identityProviderKey),
  );
  const wakes = started(await startWakeReceiver(ports.provider, keys.wakeSecret));
  const { gatekeeper: choice } = options;
  const rootKey = keys.simulatorRootKey;
  const gatekeeper = started(
    await code.openGatekeeper(choice, folders.profiles, ports, rootKey, environment),
  );
  return { code, database, identityProvider, wakes, gatekeeper };
}

async function startWhileLoading<Part>(start: () => Promise<Part>): Promise<[Part, LateParts]> {
  const starting = start();
  const loading = loadLateParts();
  // When the first fails, the second must be awaited all the same.
  await Promise.allSettled([starting, loading]);
  return [await starting, await loading];
}

function environmentsOf(options: StackOptions, keys: DevelopmentKeys, folders: Folders, parts: Parts) {
  const { ports, logLevel } = options;
  return serviceEnvironments({
    ports,
    keys,
    engines: {
      databaseUrlOf: parts.database.urlOf,
      eventsUrl: 'postgres:',
      coordinationUrlOf: () => `memory:stack-${ports.accounts}`,
      blobsUrl: pathToFileURL(folders.blobs).href,
      extraOf: () => ({}),
    },
    issuer: parts.identityProvider.issuer,
    oidcJwksUrl: parts.identityProvider.jwksUrl,
    profilesDir: folders.profiles,
    profiles: [parts.gatekeeper.profile],
    keyRing: folders.keyRing,
    wrappingRings: folders.wrappingRings,
    logLevel,
  });
}

function endpointsOf(ports: StackPorts, { gatekeeper, identityProvider }: Parts): StackEndpoints {
  const services = Object.fromEntries(serviceNames.map((name) => [name, serviceUrl(ports, name)]));
  return {
    services: services as StackEndpoints['services'],
    gatekeeper: gatekeeper.profile,
    tokenUrl: identityProvider.tokenUrl,
    ...(gatekeeper.control !== undefined && { control: gatekeeper.control }),
  };
}

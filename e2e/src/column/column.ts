import { rmSync } from 'node:fs';
import type { Engines } from '@causeway/testing';
import { stackFolders, stackPorts, type Custody } from 'causeway/stack';
import { embeddedUnits } from './embedded.js';
import { Failpoints } from './failpoints.js';
import { newDataDir } from './paths.js';
import { productionUnits } from './production.js';
import { startSurroundings, type Surroundings } from './surroundings.js';
import type { Unit } from './unit.js';

/** As short as the broker allows: a member that was killed holds its partitions for so long. */
const BROKER_SESSION_MS = 6_000;

/** The two sets of engines under the services. */
export type ColumnName = 'embedded' | 'production';

/** The processes of a column, and what to do when they have ended. */
export interface ColumnUnits {
  readonly units: readonly Unit[];
  cleanUp(): Promise<void>;
  /** Works on the database as its superuser. On the embedded column its process must have ended. */
  readDatabase<T>(work: (url: string) => Promise<T>): Promise<T>;
}

/** A running system: our services as processes, and around them, in this process, everything that is not ours. */
export interface Column
  extends
    Pick<Surroundings, 'endpoints' | 'wakes' | 'keys' | 'upstreamLink'>,
    Pick<ColumnUnits, 'readDatabase'> {
  readonly dataDir: string;
  readonly devicesFolder: string;
  readonly logFile: string;
  /** `stack` on the embedded column; the six services on the production column. */
  readonly units: readonly Unit[];
  readonly failpoints: Failpoints;
  /** Drains every unit. The surroundings, the engines and the files stay. @returns whether all ended with code 0 */
  drain(): Promise<boolean>;
  /** Drains, and removes everything. */
  stop(): Promise<void>;
}

/** @returns the process that a service runs in: its own, or on the embedded column the one of all. */
export function unitOf({ units }: Column, service: string): Unit {
  const unit = units.find(({ name }) => name === service || name === 'stack');
  if (unit === undefined) throw new Error(`no process runs ${service}`);
  return unit;
}

/** How a column is started. */
export interface ColumnStart {
  /** Each test file has its own, so that runs beside each other do not meet; it takes 30 ports from there. */
  readonly portBase: number;
  readonly custody: Custody;
  readonly logLevel?: string;
  /** How long the broker waits for a member: short by default, so that tests wait less; how often members beat follows. */
  readonly brokerSessionMs?: number;
  /** Pods that share the sessions, on the production column; one by default. */
  readonly sessionPods?: number;
}

/** Starts a column on ports of its own. */
export async function startColumn(name: ColumnName, engines: Engines, options: ColumnStart): Promise<Column> {
  const dataDir = newDataDir();
  const folders = stackFolders(dataDir);
  const ports = stackPorts(options.portBase);
  const { custody, logLevel = 'info', brokerSessionMs = BROKER_SESSION_MS } = options;
  const failpoints = new Failpoints(dataDir);
  const further = { ...failpoints.settings, CAUSEWAY_EVENTS_SESSION_TIMEOUT_MS: String(brokerSessionMs) };
  const surroundings = await startSurroundings({ dataDir, ports, custody, logLevel, further });
  const place = { dataDir, surroundings, logFile: folders.log };
  const { units, cleanUp, readDatabase } =
    name === 'embedded' ? embeddedUnits(place) : await productionUnits(place, engines, options.sessionPods);
  const drain = async () => (await Promise.all(units.map((unit) => unit.stop()))).every(Boolean);
  const stop = async () => {
    await drain();
    await cleanUp();
    await surroundings.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  const { endpoints, wakes, keys, upstreamLink } = surroundings;
  try {
    await Promise.all(units.map((unit) => unit.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  const { devices: devicesFolder, log: logFile } = folders;
  const files = { dataDir, devicesFolder, logFile };
  return { endpoints, wakes, keys, upstreamLink, ...files, units, failpoints, readDatabase, drain, stop };
}

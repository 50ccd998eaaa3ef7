import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@causeway/embedded-postgres';
import { serviceNames, serviceUrl, stackFolders } from 'causeway/stack';
import type { ColumnUnits } from './column.js';
import { embeddedEntry } from './paths.js';
import type { Surroundings } from './surroundings.js';
import { Unit } from './unit.js';

/** The embedded column is one process: six services and the PostgreSQL that belongs to them. */
export function embeddedUnits(place: {
  readonly dataDir: string;
  readonly logFile: string;
  readonly surroundings: Surroundings;
}): ColumnUnits {
  const { dataDir, logFile, surroundings } = place;
  const { ports } = surroundings.settings;
  const settingsFile = join(dataDir, 'settings.json');
  writeFileSync(settingsFile, JSON.stringify({ dataDir, settings: surroundings.settings }));
  const unit = new Unit({
    name: 'stack',
    entry: embeddedEntry,
    args: [settingsFile],
    env: {},
    logFile,
    urls: serviceNames.map((service) => serviceUrl(ports, service)),
  });
  return {
    units: [unit],
    // A stack that was killed, or that failed, has left its PostgreSQL running.
    cleanUp: () => withDatabase(dataDir, ports.postgres, async () => undefined),
    readDatabase: (work) => withDatabase(dataDir, ports.postgres, work),
  };
}

async function withDatabase<T>(dataDir: string, port: number, work: (url: string) => Promise<T>): Promise<T> {
  const { database } = stackFolders(dataDir);
  const server = await startEmbeddedPostgres({ dataDir: database, port, log: () => undefined });
  try {
    const url = new URL(server.url);
    url.pathname = '/causeway';
    return await work(url.href);
  } finally {
    await server.stop();
  }
}

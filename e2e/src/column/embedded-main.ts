import { createWriteStream, readFileSync } from 'node:fs';
import {
  loadDevelopmentKeys,
  serviceEnvironments,
  stackFolders,
  startDatabase,
  startServices,
  type EnvironmentOptions,
} from 'causeway/stack';

/** Runs six services on the embedded engines, as `causeway start` does, but without the gatekeeper and the provider. */
async function main(settingsFile: string): Promise<void> {
  const { dataDir, settings } = JSON.parse(readFileSync(settingsFile, 'utf8')) as {
    dataDir: string;
    settings: Omit<EnvironmentOptions, 'keys' | 'engines'>;
  };
  const signalled = new Promise<void>((resolve) => process.on('SIGTERM', () => resolve()));
  const folders = stackFolders(dataDir);
  const keys = loadDevelopmentKeys(dataDir);
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  const database = await startDatabase(folders.database, settings.ports.postgres, keys, log, false);
  const environments = serviceEnvironments({
    ...settings,
    keys,
    engines: {
      databaseUrlOf: database.urlOf,
      eventsUrl: 'postgres:',
      coordinationUrlOf: () => 'memory:stack',
      blobsUrl: new URL(`file://${folders.blobs}`).href,
      extraOf: () => ({}),
    },
  });
  const services = await startServices(environments, createWriteStream(folders.log, { flags: 'a' }));
  await signalled;
  const clean = await services.drain();
  await database.stop();
  process.exitCode = clean ? 0 : 1;
}

await main(process.argv[2] ?? '');

import { existsSync } from 'node:fs';
import { readConfig } from '@causeway/config';
import { systemClock } from '@causeway/lifecycle';
import type { Postgres } from '@causeway/postgres';
import {
  keyServiceSection,
  KeyService,
  RingKeyWrap,
  WrappingKeys,
  type WrappingRing,
} from '@causeway/sealing';
import { createLogger, createMetrics } from '@causeway/telemetry';
import type { CommandContext } from '../commands/environment.js';
import { CliError } from '../errors.js';
import { withAdminDatabase } from '../stack/admin-database.js';
import { stackFolders } from '../stack/folders.js';
import type { WrappingRingPaths } from './services.js';
import { wrappingRingPathsSection } from './settings.js';

const STATEMENT_MS = 60_000;

/**
 * @returns the rings of the deployment that the settings name, or else of the development stack in the data folder
 * @throws {CliError} `nothing_here`; ConfigError
 */
export function ringPathsOf({ environment, dataRoot }: CommandContext): WrappingRingPaths {
  const named = Object.keys(wrappingRingPathsSection.fields).some(
    (key) => environment[`CAUSEWAY_${key}`] !== undefined,
  );
  if (named || environment['CAUSEWAY_ADMIN_DATABASE_URL'] !== undefined) {
    const settings = readConfig([wrappingRingPathsSection], environment);
    return {
      accounts: settings.ACCOUNTS_WRAPPING_KEY_RING_FILE,
      session: settings.SESSION_WRAPPING_KEY_RING_FILE,
      fanout: settings.FANOUT_WRAPPING_KEY_RING_FILE,
    };
  }
  const { database, wrappingRings } = stackFolders(dataRoot);
  if (existsSync(database)) return wrappingRings;
  const where = `there is no stack in ${dataRoot}`;
  throw new CliError(
    'nothing_here',
    `${where}; for a deployment set CAUSEWAY_ADMIN_DATABASE_URL and the files of the rings`,
  );
}

/** Opens the database that belongs to the rings. @throws as `withAdminDatabase` */
export function withDatabase<R>(
  context: CommandContext,
  work: (postgres: Postgres) => Promise<R>,
): Promise<R> {
  return withAdminDatabase(context, 'wrapping-keys', work, STATEMENT_MS);
}

/** Opens a ring to wrap and unwrap with. @throws {CliError} `key_service_missing` when it needs a key service that the settings do not name */
export async function withKeys<R>(
  ring: WrappingRing,
  { environment }: CommandContext,
  work: (keyWrap: RingKeyWrap) => Promise<R>,
): Promise<R> {
  const values = readConfig([keyServiceSection], environment);
  const { KEY_SERVICE_URL: url } = values;
  if (url === undefined) return work(keyWrapOf(ring));
  const settings = {
    url,
    bearer: values.KEY_SERVICE_BEARER,
    certificate: values.KEY_SERVICE_CERTIFICATE,
    privateKey: values.KEY_SERVICE_PRIVATE_KEY,
    ca: values.KEY_SERVICE_CA,
  };
  const service = new KeyService({
    settings: () => settings,
    clock: systemClock,
    logger: createLogger({ service: 'cli', level: 'silent' }),
    metrics: createMetrics('cli'),
  });
  try {
    return await work(keyWrapOf(ring, service));
  } finally {
    await service.close();
  }
}

function keyWrapOf(ring: WrappingRing, service?: KeyService): RingKeyWrap {
  if (service === undefined && ring.keys.some(({ key }) => key === undefined)) {
    throw new CliError(
      'key_service_missing',
      'a key is with a key service: CAUSEWAY_KEY_SERVICE_URL says where',
    );
  }
  const keys = new WrappingKeys(ring, service);
  return new RingKeyWrap(() => keys, Date.now);
}

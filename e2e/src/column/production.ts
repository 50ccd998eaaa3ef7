import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { createTestDatabase, type Engines, type S3Address } from '@causeway/testing';
import { createLogger } from '@causeway/telemetry';
import {
  giveAtRedis,
  prepareDatabase,
  redisUrlAs,
  serviceEnvironments,
  serviceNames,
  serviceUrl,
  urlAsRole,
  type StackEngines,
} from 'causeway/stack';
import type { ColumnUnits } from './column.js';
import { serviceEntry } from './paths.js';
import type { Surroundings } from './surroundings.js';
import { Unit } from './unit.js';

const REDIS_DATABASES = 16;

/**
 * The production column is a process per service, on PostgreSQL, Kafka, Redis and S3. Each column has its own database,
 * bucket and Redis database, and each service its own role and user; columns on one broker run one after another.
 */
export async function productionUnits(
  place: { readonly logFile: string; readonly surroundings: Surroundings },
  engines: Engines,
): Promise<ColumnUnits> {
  const { logFile, surroundings } = place;
  const { keys, settings } = surroundings;
  const { redisUrl, kafkaBrokers, s3 } = engines;
  if (redisUrl === undefined || kafkaBrokers === undefined || s3 === undefined) {
    throw new Error('the production column needs redis, kafka and s3');
  }
  const database = await createTestDatabase(engines);
  await prepareDatabase(database.url, keys);
  const redis = new URL(redisUrl);
  const logger = createLogger({ service: 'e2e', level: 'silent' });
  await giveAtRedis(
    { ADMIN_COORDINATION_URL: redisUrl, COORDINATION_PASSWORDS: keys.databasePasswords },
    logger,
  );
  redis.pathname = `/${Math.floor(settings.ports.identityProvider / 30) % REDIS_DATABASES}`;
  const stackEngines: StackEngines = {
    databaseUrlOf: (service) => urlAsRole(database.url, service, keys),
    eventsUrl: `kafka://${kafkaBrokers}`,
    coordinationUrlOf: (service) => redisUrlAs(redis.href, service, keys.databasePasswords[service]),
    blobsUrl: await createBucket(s3),
    extra: { CAUSEWAY_S3_ACCESS_KEY: s3.accessKey, CAUSEWAY_S3_SECRET_KEY: s3.secretKey },
  };
  const environments = serviceEnvironments({ ...settings, keys, engines: stackEngines });
  const units = serviceNames.map(
    (name) =>
      new Unit({
        name,
        entry: serviceEntry(name),
        env: environments[name],
        logFile,
        urls: [serviceUrl(settings.ports, name)],
      }),
  );
  return { units, cleanUp: () => database.drop(), readDatabase: (work) => work(database.url) };
}

async function createBucket({ endpoint, region, accessKey, secretKey }: S3Address): Promise<string> {
  const bucket = `causeway-${randomBytes(6).toString('hex')}`;
  const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey };
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  } finally {
    client.destroy();
  }
  const query = new URLSearchParams({ endpoint, region, pathStyle: 'true' });
  return `s3://${bucket}?${query.toString()}`;
}

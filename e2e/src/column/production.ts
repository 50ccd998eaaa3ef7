import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { createTestDatabase, type Engines, type S3Address } from '@causeway/testing';
import { restoreTestAuthority, type TestAuthority } from '@causeway/testing/engines';
import {
  eventPartitions,
  migrate,
  redisUrlAs,
  serviceEnvironments,
  serviceNames,
  serviceUrl,
  Terminal,
  urlAsRole,
  type DevelopmentKeys,
  type StackEngines,
} from 'causeway/stack';
import type { ColumnUnits } from './column.js';
import { serviceEntry } from './paths.js';
import type { Surroundings } from './surroundings.js';
import { Unit } from './unit.js';

const REDIS_DATABASES = 16;
/** Their ports lie behind those of the column's own. */
const FURTHER_PODS = 20;

/** The production column before its processes run. */
export interface ProductionColumn extends ColumnUnits {
  /** With what each service is known to the engines. */
  readonly engines: StackEngines;
}

/**
 * The production column is a process per service, on PostgreSQL, Kafka, Redis and S3, as `causeway migrate` prepares
 * them. Each column has its own database, bucket and Redis database, and each service its own role, certificate and
 * user. Roles, users and topics belong to the engines: columns on one set of them run one after another.
 */
export async function productionUnits(
  place: { readonly logFile: string; readonly surroundings: Surroundings },
  engines: Engines,
  sessionPods = 1,
): Promise<ProductionColumn> {
  const { logFile, surroundings } = place;
  const { keys, settings } = surroundings;
  const { redisUrl, kafkaBrokers, kafkaMutual, s3 } = engines;
  if (redisUrl === undefined || kafkaBrokers === undefined || s3 === undefined) {
    throw new Error('the production column needs redis, kafka and s3');
  }
  const database = await createTestDatabase(engines);
  const principals = kafkaMutual !== undefined;
  await prepare({ databaseUrl: database.url, redisUrl, kafkaBrokers, principals }, keys);
  const redis = new URL(redisUrl);
  redis.pathname = `/${Math.floor(settings.ports.identityProvider / 30) % REDIS_DATABASES}`;
  const authority = kafkaMutual && restoreTestAuthority(kafkaMutual.authorityKey);
  const stackEngines: StackEngines = {
    databaseUrlOf: (service) => urlAsRole(database.url, service, keys),
    eventsUrl: kafkaMutual ? `kafka+ssl://${kafkaMutual.mutual}` : `kafka://${kafkaBrokers}`,
    coordinationUrlOf: (service) => redisUrlAs(redis.href, service, keys.databasePasswords[service]),
    blobsUrl: await createBucket(s3),
    extraOf(service) {
      return {
        ...(authority && eventCredentials(authority, service)),
        ...(service === 'media' && {
          CAUSEWAY_S3_ACCESS_KEY: s3.accessKey,
          CAUSEWAY_S3_SECRET_KEY: s3.secretKey,
        }),
      };
    },
  };
  const environments = serviceEnvironments({ ...settings, keys, engines: stackEngines });
  const units = serviceNames.map((name) => {
    const urls = [serviceUrl(settings.ports, name)];
    return new Unit({ name, entry: serviceEntry(name), env: environments[name], logFile, urls });
  });
  for (let pod = 2; pod <= sessionPods; pod += 1) {
    const port = String(settings.ports.identityProvider + FURTHER_PODS + pod);
    const env = { ...environments.session, CAUSEWAY_HTTP_PORT: port };
    const urls = [`http://127.0.0.1:${port}`];
    units.push(new Unit({ name: `session-${pod}`, entry: serviceEntry('session'), env, logFile, urls }));
  }
  return {
    units,
    engines: stackEngines,
    cleanUp: () => database.drop(),
    readDatabase: (work) => work(database.url),
  };
}

function eventCredentials(authority: TestAuthority, service: string): Record<string, string> {
  const { certificate, key } = authority.issue(`causeway_${service}`);
  return {
    CAUSEWAY_EVENTS_CA: authority.ca,
    CAUSEWAY_EVENTS_CERTIFICATE: certificate,
    CAUSEWAY_EVENTS_CERTIFICATE_KEY: key,
  };
}

/** Runs `causeway migrate` on the engines, with an administrator's rights at each. */
async function prepare(
  on: {
    readonly databaseUrl: string;
    readonly redisUrl: string;
    readonly kafkaBrokers: string;
    readonly principals: boolean;
  },
  { databasePasswords }: DevelopmentKeys,
): Promise<void> {
  const passwords = JSON.stringify(databasePasswords);
  const output = new PassThrough();
  const environment = {
    CAUSEWAY_ADMIN_DATABASE_URL: on.databaseUrl,
    CAUSEWAY_ROLE_PASSWORDS: passwords,
    CAUSEWAY_EVENTS_URL: `kafka://${on.kafkaBrokers}`,
    CAUSEWAY_EVENTS_PARTITIONS: eventPartitions,
    ...(on.principals && { CAUSEWAY_EVENTS_ACL_PRINCIPAL: 'User:CN=causeway_{service}' }),
    CAUSEWAY_ADMIN_COORDINATION_URL: on.redisUrl,
    CAUSEWAY_COORDINATION_PASSWORDS: passwords,
  };
  const context = { dataRoot: '', stdout: output, stderr: output, environment };
  const code = await migrate({ json: true }, context, new Terminal(output));
  output.end();
  if (code !== 0) throw new Error(`causeway migrate failed: ${await text(output)}`);
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

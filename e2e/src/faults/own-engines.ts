import type { Engines } from '@causeway/testing';
import {
  behindProxy,
  ownKafkaBehindProxy,
  ownRedis,
  ownSmallDiskPostgres,
  type BehindProxy,
  type SmallDiskPostgres,
} from '@causeway/testing/faults';

/** Engines of one column alone, each behind a proxy, which may be disturbed in any way. The bucket is the run's. */
export interface OwnEngines {
  readonly engines: Engines;
  /** PostgreSQL lies whole on a small disk; it is lost when the container is killed. */
  readonly disk: SmallDiskPostgres;
  readonly redisItself: Awaited<ReturnType<typeof ownRedis>>;
  readonly postgres: BehindProxy;
  readonly redis: BehindProxy;
  readonly kafka: BehindProxy;
  remove(): Promise<void>;
}

/** Room for a column's database, and for what is to be written until the disk is filled. */
const DISK_MEGABYTES = 384;

export async function startOwnEngines(run: Engines): Promise<OwnEngines> {
  const [disk, redisItself, kafka] = await Promise.all([
    ownSmallDiskPostgres(DISK_MEGABYTES),
    ownRedis(),
    ownKafkaBehindProxy(),
  ]);
  const postgres = await behindProxy(disk);
  const redis = await behindProxy(redisItself);
  return {
    // The broker is spoken to in clear: behind a proxy nothing else is disturbed than the bytes.
    engines: {
      postgresUrl: postgres.url,
      redisUrl: redis.url,
      kafkaBrokers: kafka.url,
      ...(run.s3 && { s3: run.s3 }),
      ranOn: run.ranOn,
    },
    disk,
    redisItself,
    postgres,
    redis,
    kafka,
    remove: async () => void (await Promise.all([postgres, redis, kafka].map((one) => one.remove()))),
  };
}

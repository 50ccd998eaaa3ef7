import { Postgres, sql } from '@causeway/postgres';
import { dockerAnswers, image } from '../../engines/containers.js';
import { enginesRequired } from '../../engines/engines.js';
import { ownEmbeddedPostgres } from './own-embedded-postgres.js';
import { startOwnContainer, type ContainerDefinition, type OwnContainer } from './own-container.js';
import type { OwnEngine, Probe } from './own-engine.js';

export const postgresPassword = 'of-a-test';
export const postgresUrl = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  `postgres://postgres:${postgresPassword}@${host}:${port}/postgres`;

/** A PostgreSQL of one's own, durable: in a container when a Docker engine answers, else the one from npm. */
export async function ownPostgres(): Promise<OwnEngine> {
  if (!enginesRequired() && !(await dockerAnswers())) return ownEmbeddedPostgres();
  return postgresContainer();
}

/** A PostgreSQL with a database that has a small disk of its own. */
export interface FullablePostgres extends OwnContainer {
  /** The database on the small disk. The write-ahead log is elsewhere: that it is full is another fault, a crash. */
  readonly smallUrl: string;
  /** Takes all room that is left on the small disk. */
  fillDisk(): Promise<void>;
  freeDisk(): Promise<void>;
}

/**
 * A PostgreSQL whose database `small` lies on a disk of `diskMegabytes` in memory. That disk is lost when the engine is
 * killed.
 */
export async function ownFullablePostgres(diskMegabytes = 48): Promise<FullablePostgres> {
  const engine = await postgresContainer({ [disk]: `rw,size=${diskMegabytes}m,mode=0777` });
  await engine.run(['chown', 'postgres', disk]);
  await asSuperuser(engine.url, async (server) => {
    await server.query(sql`create tablespace small location ${sql.raw(`'${disk}'`)}`);
    await server.query(sql`create database small tablespace small`);
  });
  return {
    ...engine,
    smallUrl: engine.url.replace(/postgres$/, 'small'),
    async fillDisk() {
      // `dd` fails when there is no more room, which is the purpose.
      await engine.run(['sh', '-c', `dd if=/dev/zero of=${filler} bs=64k 2>/dev/null; test -s ${filler}`]);
    },
    freeDisk: async () => void (await engine.run(['rm', '-f', filler])),
  };
}

const disk = '/small';
const filler = `${disk}/filler`;

async function postgresContainer(tmpFs: Record<string, string> = {}): Promise<OwnContainer> {
  const { configure, ...definition } = definePostgres();
  return startOwnContainer({
    ...definition,
    configure: (container, port) => configure(container, port).withTmpFs(tmpFs),
  });
}

export function definePostgres(): ContainerDefinition {
  return {
    image: image('POSTGRES_IMAGE', 'postgres:17'),
    port: 5432,
    urlOf: postgresUrl,
    configure: (container) =>
      container
        .withEnvironment({ POSTGRES_USER: 'postgres', POSTGRES_PASSWORD: postgresPassword })
        .withCommand(['postgres', '-c', 'max_connections=200']),
    probe: probePostgres,
  };
}

export const probePostgres: Probe = (address) =>
  asSuperuser(postgresUrl(address), async (server) => void (await server.query(sql`select 1`)));

export async function asSuperuser(url: string, work: (server: Postgres) => Promise<void>): Promise<void> {
  const options = {
    poolSize: 1,
    applicationName: 'fault-kit',
    statementTimeoutMs: 10_000,
    connectTimeoutMs: 1_000,
  };
  const server = Postgres.connect(url, options);
  try {
    await work(server);
  } finally {
    await server.close();
  }
}

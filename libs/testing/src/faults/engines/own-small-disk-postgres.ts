import { eventually } from '../../eventually.js';
import { definePostgres, probePostgres } from './own-postgres.js';
import { startOwnContainer, type OwnContainer } from './own-container.js';

/** A PostgreSQL that lies whole on a small disk, its write-ahead log too. */
export interface SmallDiskPostgres extends OwnContainer {
  /** Takes all room, and resolves when the server has crashed for want of it (PANIC). It crashes until there is room. */
  fillDisk(): Promise<void>;
  /** Makes room; resolves when the server has recovered. */
  freeDisk(): Promise<void>;
}

const disk = '/small';
const filler = `${disk}/filler`;
const deadlineMs = 60_000;

/** As a service manager does, starts the server anew when it has ended. The disk is in memory: it outlives the server, not the container. */
const supervised = `entry=$(command -v docker-entrypoint.sh || command -v entrypoint.sh)
until "$entry" postgres -c max_connections=200 -c max_wal_size=48MB; do sleep 0.3; done`;

/** Writes a little into the log and begins a new segment of it, for which there must be room. */
const newSegment = `psql -U postgres -d postgres -qc "select pg_logical_emit_message(true, 'a', 'b')" -c 'select pg_switch_wal()'`;

/** @param diskMegabytes all there is; a new server takes 60 */
export async function ownSmallDiskPostgres(diskMegabytes = 192): Promise<SmallDiskPostgres> {
  const { configure, ...definition } = definePostgres();
  const engine = await startOwnContainer({
    ...definition,
    configure: (container, port) =>
      configure(container, port)
        .withEnvironment({ PGDATA: `${disk}/data` })
        .withTmpFs({ [disk]: `rw,size=${diskMegabytes}m,mode=0777` })
        .withEntrypoint(['/bin/sh', '-c'])
        .withCommand([supervised]),
  });
  return {
    ...engine,
    async fillDisk() {
      const fill = `dd if=/dev/zero of=${filler} bs=64k 2>/dev/null; test -s ${filler}`;
      await engine.run(['sh', '-c', fill]);
      // Segments that were made in advance are used up first.
      await engine.run(['sh', '-c', `for n in $(seq 60); do ${newSegment} || exit 0; done; exit 1`]);
    },
    async freeDisk() {
      await engine.run(['rm', '-f', filler]);
      await eventually(() => probePostgres(engine), { deadlineMs, everyMs: 200 });
    },
  };
}

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { GenericContainer } from 'testcontainers';
import { startOwnContainer, type ContainerDefinition, type OwnContainer } from './own-container.js';
import { defineKafka } from './own-kafka.js';
import { definePostgres } from './own-postgres.js';
import { defineRedis } from './own-redis.js';

const folder = '/moved-clock';
const library = `${folder}/libfaketime.so`;
const offsetFile = `${folder}/offset`;

/** An engine whose wall clock can be moved. Its monotonic clock goes on undisturbed, as the kernel's does. */
export interface MovableClock {
  /** Sets the wall clock so many milliseconds from the machine's; seen by the engine within a second. */
  moveClock(ms: number): Promise<void>;
}

/** Debian's libfaketime on this machine (package `libfaketime`); undefined where it is not. */
const faketime = findFaketime();

/** Why a clock cannot be moved on this machine; undefined where it can. */
export const cannotMoveClocks =
  faketime === undefined ? 'no libfaketime on this machine (Debian: apt-get install libfaketime)' : undefined;

/** @throws Error where `cannotMoveClocks` says why */
export function ownPostgresWithClock(): Promise<OwnContainer & MovableClock> {
  const { configure, ...definition } = definePostgres();
  return startWithClock({
    ...definition,
    // The library's semaphore belongs to whoever made it: nobody may become another user afterwards.
    configure: (container, port) =>
      configure(container, port).withUser('postgres').withEnvironment({ PGDATA: '/tmp/data' }),
  });
}

/** @throws Error where `cannotMoveClocks` says why */
export const ownKafkaWithClock = () =>
  // Java asks for the time all the while, and starts several times slower.
  startWithClock({ ...defineKafka(), startDeadlineMs: 180_000 });
/** @throws Error where `cannotMoveClocks` says why */
export const ownRedisWithClock = () => startWithClock(defineRedis());

async function startWithClock(definition: ContainerDefinition): Promise<OwnContainer & MovableClock> {
  const engine = await startOwnContainer({
    ...definition,
    configure: (container, port) => underClock(definition.configure(container, port)),
  });
  return {
    ...engine,
    async moveClock(ms) {
      // Over what stands there, in one write of the same length: nobody reads half of it.
      const write = `echo '${offsetText(ms)}' | dd of=${offsetFile} conv=notrunc 2>/dev/null`;
      await engine.run(['sh', '-c', write]);
    },
  };
}

/** Seconds with a sign, always of the same length. */
const offsetText = (ms: number): string =>
  `${ms < 0 ? '-' : '+'}${String(Math.round(Math.abs(ms) / 1_000)).padStart(9, '0')}`;

function underClock(container: GenericContainer): GenericContainer {
  if (faketime === undefined) throw new Error(cannotMoveClocks);
  return container
    .withCopyFilesToContainer([{ source: faketime, target: library, mode: 0o755 }])
    .withCopyContentToContainer([{ content: offsetText(0), target: offsetFile, mode: 0o666 }])
    .withEnvironment({
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: offsetFile,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      // Its answer to a fault of older C libraries, with which Java waits for ever.
      FAKETIME_FORCE_MONOTONIC_FIX: '0',
    });
}

/** The one for several threads; it serves a single one as well. */
function findFaketime(): string | undefined {
  const root = '/usr/lib';
  if (!existsSync(root)) return undefined;
  return readdirSync(root)
    .map((triplet) => join(root, triplet, 'faketime', 'libfaketimeMT.so.1'))
    .find((file) => existsSync(file));
}

import { limits } from '@causeway/limits';
import type { ServiceContext } from '@causeway/runtime';
import { Rounds } from '@causeway/sweeper';
import { KeyService } from './key-service.js';
import { countBehind, type SealedTable } from './sealed-table.js';
import { keyServiceSection, wrappingKeysSection } from './settings.js';
import { wrapperAt } from './wrapping-ring.js';
import { RingKeyWrap, WrappingKeys } from './wrapping-keys.js';

const DRAIN_MS = 10_000;

type Context = Pick<
  ServiceContext,
  'live' | 'lifecycle' | 'clock' | 'logger' | 'metrics' | 'postgres' | 'name'
>;

/**
 * Opens the wrapping keys of a service, and again when their file changes; counts from time to time which rows are
 * wrapped by others than the present one.
 * @throws {ConfigError} {TypeError} when they cannot be used
 */
export function openKeyWrap(context: Context, tables: readonly SealedTable[]): RingKeyWrap {
  const { live, lifecycle, clock, logger, metrics } = context;
  const remote = openKeyService(context);
  const keys = live(wrappingKeysSection, ({ WRAPPING_KEY_RING: ring }) => new WrappingKeys(ring, remote));
  const keyWrap = new RingKeyWrap(
    () => keys.current,
    () => clock.now(),
  );
  const age = metrics.gauge(
    'wrapping_key_age_seconds',
    'For how long the key that wraps data keys has done so',
  );
  const behindHelp = 'Rows whose data key another wrapping key wraps: known to the ring, or missing in it';
  const behind = metrics.gauge('wrapped_by_another_key_rows', behindHelp, ['table', 'wrapping_key']);
  const rounds = new Rounds({
    clock,
    everyMs: limits.wrappedRowsCountMs.value,
    jitter: 0.2,
    work: async () => {
      const { ring } = keys.current;
      const wrapper = wrapperAt(ring, clock.now());
      age.set(Math.max(0, clock.now() - wrapper.wrapsFrom) / 1_000);
      for (const table of tables) {
        const counts = await countBehind(context.postgres, table, wrapper.id);
        const known = new Set(ring.keys.map(({ id }) => id));
        const of = (state: boolean) =>
          [...counts].reduce((sum, [id, count]) => (known.has(id) === state ? sum + count : sum), 0);
        behind.set(of(true), { table: table.table, wrapping_key: 'known' });
        behind.set(of(false), { table: table.table, wrapping_key: 'missing' });
      }
      return false;
    },
    onFailure: (err) =>
      logger.warn({ err }, 'rows by wrapping key cannot be counted; the next round tries again'),
  });
  rounds.kick();
  lifecycle.onStop('count of wrapped keys', 'consumers', () => rounds.stop(), DRAIN_MS);
  return keyWrap;
}

function openKeyService(context: Context): KeyService | undefined {
  const live = context.live(keyServiceSection, (values) => {
    const { KEY_SERVICE_URL: address } = values;
    if (address === undefined) return undefined;
    return {
      url: address,
      bearer: values.KEY_SERVICE_BEARER,
      certificate: values.KEY_SERVICE_CERTIFICATE,
      privateKey: values.KEY_SERVICE_PRIVATE_KEY,
      ca: values.KEY_SERVICE_CA,
    };
  });
  const first = live.current;
  if (first === undefined) return undefined;
  const service = new KeyService({ ...context, settings: () => live.current ?? first });
  context.lifecycle.onStop('calls of the key service', 'engines', () => service.close(), DRAIN_MS);
  return service;
}

import { randomBytes } from 'node:crypto';
import { limits } from '@causeway/limits';
import type { Postgres } from '@causeway/postgres';
import { countWrapped, rewrapTable, type WrappingRing } from '@causeway/sealing';
import type { CommandContext } from '../commands/environment.js';
import { CliError } from '../errors.js';
import { operator } from '../operator.js';
import type { Terminal } from '../output/terminal.js';
import { describeKeys, reportOf, type WrappingKeyReport } from './describe.js';
import { ringPathsOf, withDatabase, withKeys } from './open.js';
import { changeRing, readRing } from './ring-file.js';
import { withNext, without } from './rotation.js';
import { sealedTablesOf, sealingServices, type SealingService } from './services.js';

export interface JsonOption {
  readonly json: boolean;
}
export interface RotateOptions extends JsonOption {
  /** Id of a key that the key service has made. */
  readonly remote?: string;
}

const leadMs = limits.wrappingKeyLeadMs.value;

/** `causeway wrapping-keys list`. @returns the exit code @throws as `ringPathsOf`, `readRing`, `withDatabase` */
export async function list(
  { json }: JsonOption,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  const paths = ringPathsOf(context);
  const services: Partial<Record<SealingService, readonly WrappingKeyReport[]>> = {};
  await withDatabase(context, async (postgres) => {
    for (const service of sealingServices) {
      const ring = await readRing(paths[service]);
      services[service] = reportOf(ring, await countsOf(postgres, service), Date.now());
    }
  });
  if (json) return tell(context, { services });
  for (const service of sealingServices) {
    terminal.line(`${service}:`);
    describeKeys(services[service] ?? []).forEach((line) => terminal.line(line));
  }
  return 0;
}

/** `causeway wrapping-keys rotate`. @returns the exit code @throws as `withNext`, `changeRing` */
export async function rotate(
  service: SealingService,
  { json, remote }: RotateOptions,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  const now = Date.now();
  const id = remote ?? `${new Date(now).toISOString().slice(0, 10)}-${randomBytes(4).toString('hex')}`;
  const key = remote === undefined ? { key: randomBytes(32).toString('base64') } : {};
  const ring = await changeRing(ringPathsOf(context)[service], async (before) =>
    withNext(before, { id, ...key }, now, leadMs),
  );
  audit(context, 'rotated', service, id);
  const wrapsFrom = new Date(ring.keys.at(-1)?.wrapsFrom ?? now).toISOString();
  if (json) return tell(context, { service, id, wrapsFrom });
  terminal.line(`${id} wraps the data keys of ${service} from ${wrapsFrom}; then rewrap`);
  return 0;
}

/**
 * `causeway wrapping-keys rewrap`. May be broken off and run again, beside running services.
 * @returns the exit code: 1 when there are rows that do not open
 * @throws as `readRing`, `withKeys`, `rewrapTable`
 */
export async function rewrap(
  only: SealingService | undefined,
  { json }: JsonOption,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  const paths = ringPathsOf(context);
  const tables: Record<string, { rewrapped: number; unreadable: number }> = {};
  for (const service of only === undefined ? sealingServices : [only]) {
    const ring = await demandRing(paths[service], service);
    await withDatabase(context, (postgres) =>
      withKeys(ring, context, async (keyWrap) => {
        for (const table of await sealedTablesOf(service)) {
          const tellProgress = (rows: number) => json || terminal.line(`${table.table}: ${rows} rows so far`);
          tables[table.table] = await rewrapTable(postgres, table, keyWrap, tellProgress);
        }
        audit(context, 'rewrapped', service, keyWrap.wrapper());
      }),
    );
  }
  const unreadable = Object.values(tables).some((table) => table.unreadable > 0);
  if (json) tell(context, { tables });
  for (const [name, table] of json ? [] : Object.entries(tables)) {
    terminal.line(`${name}: ${table.rewrapped} rows wrapped anew, ${table.unreadable} do not open`);
  }
  return unreadable ? 1 : 0;
}

/** `causeway wrapping-keys drop`. @returns the exit code @throws as `without`, `changeRing`, `withDatabase` */
export async function drop(
  service: SealingService,
  id: string,
  { json }: JsonOption,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  await changeRing(ringPathsOf(context)[service], async (ring) => {
    if (ring === undefined) throw noRing(service);
    const counts = await withDatabase(context, (postgres) => countsOf(postgres, service));
    const rows = [...counts.values()].reduce((sum, byKey) => sum + (byKey.get(id) ?? 0), 0);
    return without(ring, id, rows, Date.now(), leadMs);
  });
  audit(context, 'dropped', service, id);
  if (json) return tell(context, { service, id });
  terminal.line(`${id} is out of the ring of ${service}; destroy every other copy of it`);
  return 0;
}

async function countsOf(
  postgres: Postgres,
  service: SealingService,
): Promise<Map<string, Map<string, number>>> {
  const counts = new Map<string, Map<string, number>>();
  for (const table of await sealedTablesOf(service)) {
    counts.set(table.table, await countWrapped(postgres, table));
  }
  return counts;
}

async function demandRing(path: string, service: SealingService): Promise<WrappingRing> {
  const ring = await readRing(path);
  if (ring === undefined) throw noRing(service);
  return ring;
}

function noRing(service: SealingService): CliError {
  const how = `causeway wrapping-keys rotate ${service} makes the first key`;
  return new CliError('wrapping_key_ring_missing', `${service} has no ring of wrapping keys: ${how}`);
}

/** An audit line goes to stderr. */
function audit({ stderr }: CommandContext, action: string, service: SealingService, key: string): void {
  const at = new Date().toISOString();
  const line = { audit: 'wrapping_keys', at, action, actor: operator(), service, key };
  stderr.write(`${JSON.stringify(line)}\n`);
}

function tell({ stdout }: CommandContext, report: object): number {
  stdout.write(`${JSON.stringify({ ok: true, ...report })}\n`);
  return 0;
}

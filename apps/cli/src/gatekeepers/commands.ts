import { listStops, resumeGatekeeper, stopGatekeeper } from '@causeway/accounts';
import type { CommandContext } from '../commands/environment.js';
import type { Terminal } from '../output/terminal.js';
import { withAdminDatabase } from '../stack/admin-database.js';

const COMMAND = 'gatekeepers';

interface JsonOption {
  readonly json: boolean;
}
export interface StopOptions extends JsonOption {
  readonly reason: string;
}

/** `causeway gatekeepers list`: where everything is stopped. @returns the exit code @throws as `withAdminDatabase` */
export async function list(
  { json }: JsonOption,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  const stopped = await withAdminDatabase(context, COMMAND, listStops);
  const lines = stopped.map(
    ({ gatekeeper, reason, stoppedAt }) => `${gatekeeper} stopped ${stoppedAt.toISOString()}: ${reason}`,
  );
  return tell(json, context, terminal, { stopped }, lines.length === 0 ? ['none is stopped'] : lines);
}

/** `causeway gatekeepers stop`. Harmless when it is stopped already. @returns the exit code @throws as `withAdminDatabase` */
export async function stop(
  gatekeeper: string,
  { json, reason }: StopOptions,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  const changed = await withAdminDatabase(context, COMMAND, (postgres) =>
    postgres.transaction((tx) => stopGatekeeper(tx, gatekeeper, reason)),
  );
  const line = changed
    ? `${gatekeeper} is stopped; every pod acts on it within 2 seconds`
    : `${gatekeeper} was stopped already`;
  return tell(json, context, terminal, { gatekeeper, changed }, [line]);
}

/** `causeway gatekeepers resume`. Harmless when it is not stopped. @returns the exit code @throws as `withAdminDatabase` */
export async function resume(
  gatekeeper: string,
  { json }: JsonOption,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  const changed = await withAdminDatabase(context, COMMAND, (postgres) =>
    postgres.transaction((tx) => resumeGatekeeper(tx, gatekeeper)),
  );
  const line = changed
    ? `${gatekeeper} goes on; who is online connects within seconds`
    : `${gatekeeper} was not stopped`;
  return tell(json, context, terminal, { gatekeeper, changed }, [line]);
}

function tell(
  json: boolean,
  context: CommandContext,
  terminal: Terminal,
  report: object,
  lines: readonly string[],
): number {
  if (json) context.stdout.write(`${JSON.stringify({ ok: true, ...report })}\n`);
  else lines.forEach((line) => terminal.line(line));
  return 0;
}

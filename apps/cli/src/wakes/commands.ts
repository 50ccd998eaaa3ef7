import { listDeadWakes, retryDeadWakes } from '@causeway/fanout';
import type { CommandContext } from '../commands/environment.js';
import type { Terminal } from '../output/terminal.js';
import { withAdminDatabase } from '../stack/admin-database.js';

const COMMAND = 'wakes';

interface JsonOption {
  readonly json: boolean;
}
export interface RetryOptions extends JsonOption {
  readonly gatekeeper?: string;
}

/** `causeway wakes list`: what was given up. @returns the exit code @throws as `withAdminDatabase` */
export async function list(
  { json }: JsonOption,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  const dead = await withAdminDatabase(context, COMMAND, listDeadWakes);
  if (json) context.stdout.write(`${JSON.stringify({ ok: true, dead })}\n`);
  else if (dead.length === 0) terminal.line('no device waits in vain');
  else
    for (const { gatekeeper, devices, oldest } of dead)
      terminal.line(`${gatekeeper}: ${devices} devices, the first since ${oldest.toISOString()}`);
  return 0;
}

/** `causeway wakes retry`. Harmless when repeated. @returns the exit code @throws as `withAdminDatabase` */
export async function retry(
  { json, gatekeeper }: RetryOptions,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  const retried = await withAdminDatabase(context, COMMAND, (postgres) =>
    retryDeadWakes(postgres, gatekeeper),
  );
  if (json) context.stdout.write(`${JSON.stringify({ ok: true, retried })}\n`);
  else terminal.line(`${retried} devices are woken again within the next minutes`);
  return 0;
}

import { changeMode } from '@causeway/accounts';
import type { ConnectionMode } from '@causeway/contracts/accounts';
import { AppError } from '@causeway/http';
import type { CommandContext } from '../commands/environment.js';
import { CliError } from '../errors.js';
import type { Terminal } from '../output/terminal.js';
import { withAdminDatabase } from '../stack/admin-database.js';

export type WantedMode = ConnectionMode | 'profile';

/**
 * `causeway users mode`. Harmless when it was chosen before. Pods act on it within 2 seconds, without a call to accounts.
 * @returns the exit code
 * @throws {CliError} `user_unknown`, `erasure_running`, `connection_mode_busy`, and as `withAdminDatabase`
 */
export async function chooseMode(
  { user, gatekeeper, mode }: { user: string; gatekeeper: string; mode: WantedMode },
  { json }: { readonly json: boolean },
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  const change = {
    userId: user,
    gatekeeper,
    mode: mode === 'profile' ? undefined : mode,
    by: { actor: 'system' },
    now: Date.now(),
  } as const;
  const changed = await withAdminDatabase(context, 'users', (postgres) =>
    postgres.transaction((tx) => changeMode(tx, change)),
  ).catch((error: unknown) => {
    throw error instanceof AppError ? new CliError(error.code, error.message) : error;
  });
  if (json) context.stdout.write(`${JSON.stringify({ ok: true, user, gatekeeper, mode, changed })}\n`);
  else terminal.line(changed ? `the mode is ${mode} now` : `the mode was ${mode} already`);
  return 0;
}

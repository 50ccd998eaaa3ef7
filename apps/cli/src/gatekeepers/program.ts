import { GatekeeperId } from '@causeway/contracts/ids';
import { InvalidArgumentError, type Command } from 'commander';
import type { CommandContext } from '../commands/environment.js';
import type { Terminal } from '../output/terminal.js';
import type { StopOptions } from './commands.js';

/** The code is loaded when a command is run. */
const load = () => import('./commands.js');

const REASON_CHARACTERS = 200;

/** @returns the id of a profile. @throws {InvalidArgumentError} */
export function gatekeeperOf(text: string): string {
  if (GatekeeperId.safeParse(text).success) return text;
  throw new InvalidArgumentError('It is the id of a profile.');
}

function reasonOf(text: string): string {
  if (text.trim() !== '' && text.length <= REASON_CHARACTERS) return text;
  throw new InvalidArgumentError(`It is a text of up to ${REASON_CHARACTERS} characters.`);
}

/** Adds `causeway gatekeepers list | stop | resume`. */
export function addGatekeeperCommands(
  program: Command,
  context: () => CommandContext,
  terminal: Terminal,
  done: (code: number) => void,
): void {
  const gatekeepers = program.command('gatekeepers').description('the kill switch of each gatekeeper');
  const json = ['--json', 'one JSON line on stdout', false] as const;
  gatekeepers
    .command('list')
    .description('where everything is stopped')
    .option(...json)
    .action(async (options: { json: boolean }) =>
      done(await (await load()).list(options, context(), terminal)),
    );
  gatekeepers
    .command('stop')
    .description('nobody logs in, is enlisted, sends or receives there, and no deletion is asked for')
    .argument('<gatekeeper>', 'id of its profile', gatekeeperOf)
    .requiredOption('--reason <text>', 'why; it is recorded', reasonOf)
    .option(...json)
    .action(async (id: string, options: StopOptions) =>
      done(await (await load()).stop(id, options, context(), terminal)),
    );
  gatekeepers
    .command('resume')
    .description('let its users in again')
    .argument('<gatekeeper>', 'id of its profile', gatekeeperOf)
    .option(...json)
    .action(async (id: string, options: { json: boolean }) =>
      done(await (await load()).resume(id, options, context(), terminal)),
    );
}

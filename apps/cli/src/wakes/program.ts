import type { Command } from 'commander';
import type { CommandContext } from '../commands/environment.js';
import { gatekeeperOf } from '../gatekeepers/program.js';
import type { Terminal } from '../output/terminal.js';
import type { RetryOptions } from './commands.js';

/** The code is loaded when a command is run. */
const load = () => import('./commands.js');

/** Adds `causeway wakes list | retry`. */
export function addWakeCommands(
  program: Command,
  context: () => CommandContext,
  terminal: Terminal,
  done: (code: number) => void,
): void {
  const wakes = program.command('wakes').description('devices that could not be woken');
  const json = ['--json', 'one JSON line on stdout', false] as const;
  wakes
    .command('list')
    .description('how many were given up, by gatekeeper')
    .option(...json)
    .action(async (options: { json: boolean }) =>
      done(await (await load()).list(options, context(), terminal)),
    );
  wakes
    .command('retry')
    .description('try those again that were given up')
    .option('--gatekeeper <id>', 'only what this gatekeeper called for', gatekeeperOf)
    .option(...json)
    .action(async (options: RetryOptions) => done(await (await load()).retry(options, context(), terminal)));
}

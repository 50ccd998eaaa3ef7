import { GatekeeperId, UserId } from '@causeway/contracts/ids';
import { Argument, InvalidArgumentError, type Command } from 'commander';
import type { CommandContext } from '../commands/environment.js';
import type { Terminal } from '../output/terminal.js';
import type { WantedMode } from './commands.js';

/** The code is loaded when a command is run. */
const load = () => import('./commands.js');

function userIdOf(text: string): string {
  if (UserId.safeParse(text).success) return text;
  throw new InvalidArgumentError('It is the random id of a user.');
}

function gatekeeperOf(text: string): string {
  if (GatekeeperId.safeParse(text).success) return text;
  throw new InvalidArgumentError('It is the id of a profile.');
}

/** Adds `causeway users mode`. */
export function addUserCommands(
  program: Command,
  context: () => CommandContext,
  terminal: Terminal,
  done: (code: number) => void,
): void {
  const users = program.command('users').description('what is chosen for one user');
  users
    .command('mode')
    .description('who speaks a gatekeeper’s protocol for a user; what is open in another mode is closed')
    .argument('<user>', 'random id of the user', userIdOf)
    .argument('<gatekeeper>', 'id of its profile', gatekeeperOf)
    .addArgument(
      new Argument('<mode>', '`profile` goes back to the profile’s').choices([
        'proxy',
        'tunnel',
        'direct',
        'profile',
      ]),
    )
    .option('--json', 'one JSON line on stdout', false)
    .action(async (user: string, gatekeeper: string, mode: WantedMode, options: { json: boolean }) =>
      done(await (await load()).chooseMode({ user, gatekeeper, mode }, options, context(), terminal)),
    );
}

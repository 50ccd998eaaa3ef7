import { InvalidArgumentError, Option, type Command } from 'commander';
import type { CommandContext } from '../commands/environment.js';
import type { Terminal } from '../output/terminal.js';
import type { JsonOption, RotateOptions } from './commands.js';

/** The code is loaded when a command is run. */
const load = () => import('./commands.js');

const MOST_DAYS = 3_650;

function daysOf(text: string): number {
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1 && days <= MOST_DAYS) return days;
  throw new InvalidArgumentError(`It is a number from 1 to ${MOST_DAYS}.`);
}

/** Adds `causeway keys list | rotate | revoke`. */
export function addKeyCommands(
  program: Command,
  context: () => CommandContext,
  terminal: Terminal,
  done: (code: number) => void,
): void {
  const keys = program.command('keys').description('the keys that sign user tokens');
  const json = ['--json', 'one JSON line on stdout', false] as const;
  keys
    .command('list')
    .description('each key, what it does and what comes next')
    .option(...json)
    .action(async (options: JsonOption) => done(await (await load()).list(options, context(), terminal)));
  keys
    .command('rotate')
    .description(
      'take the steps that are due: begin a rotation unless one is under way, remove what has had its time',
    )
    .addOption(
      // As in the key ring, which is not loaded for this.
      new Option('--algorithm <name>', 'of the key').choices(['RS256', 'ES256', 'EdDSA']).default('RS256'),
    )
    .option('--older-than <days>', 'begin only when the key that signs is older', daysOf)
    .option('--public-key <file>', 'public JWK, with kid, of a key that the remote signer has')
    .option(...json)
    .action(async (options: RotateOptions) =>
      done(await (await load()).rotate(options, context(), terminal)),
    );
  keys
    .command('revoke')
    .description('take a key out at once and for good; another one signs, known to the gatekeepers or not')
    .argument('<kid>')
    .option(...json)
    .action(async (kid: string, options: JsonOption) =>
      done(await (await load()).revoke(kid, options, context(), terminal)),
    );
}

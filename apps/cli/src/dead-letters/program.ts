import { InvalidArgumentError, type Command } from 'commander';
import type { CommandContext } from '../commands/environment.js';
import type { Terminal } from '../output/terminal.js';
import type { DropOptions, ListOptions, ReplayOptions, ShowOptions } from './commands.js';

/** The code is loaded when a command is run. */
const load = () => import('./commands.js');

const MOST = 10_000;
const REASON_CHARACTERS = 200;

function limitOf(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST) return limit;
  throw new InvalidArgumentError(`It is a number from 1 to ${MOST}.`);
}

function reasonOf(text: string): string {
  if (text.trim() !== '' && text.length <= REASON_CHARACTERS) return text;
  throw new InvalidArgumentError(`It is a text of up to ${REASON_CHARACTERS} characters.`);
}

const filtered = (command: Command, limit: number): Command =>
  command
    .option('--topic <name>', 'only of this topic')
    .option('--group <name>', 'only of this consumer')
    .option('--code <code>', 'only with this code')
    .option('--lane <lane>', 'only of this lane, as list names it')
    .option('--limit <number>', 'at most so many, oldest first', limitOf, limit);

/** Adds `causeway dlq list | show | replay | drop`. */
export function addDeadLetterCommands(
  program: Command,
  context: () => CommandContext,
  terminal: Terminal,
  done: (code: number) => void,
): void {
  const dlq = program
    .command('dlq')
    .description('events that could not be handled: parked ones and dead letters');
  const json = ['--json', 'one JSON line on stdout', false] as const;
  filtered(dlq.command('list').description('what there is, in short and letter by letter'), 50)
    .option(...json)
    .action(async (options: ListOptions) => done(await (await load()).list(options, context(), terminal)));
  dlq
    .command('show')
    .description('one letter: where it comes from and why it is here')
    .argument('<id>')
    .option('--reveal', 'its key and payload too; that you looked is recorded', false)
    .option(...json)
    .action(async (id: string, options: ShowOptions) =>
      done(await (await load()).show(id, options, context(), terminal)),
    );
  filtered(
    dlq
      .command('replay')
      .description('try again: one letter with its lane, one lane (--lane), or everything (--all)')
      .argument('[id]'),
    1_000,
  )
    .option('--all', 'everything that the other options leave', false)
    .option(...json)
    .action(async (id: string | undefined, options: ReplayOptions) =>
      done(await (await load()).replay(id, options, context(), terminal)),
    );
  dlq
    .command('drop')
    .description('give a letter up; its lane goes on without it')
    .argument('<id>')
    .requiredOption('--reason <text>', 'why; it is recorded', reasonOf)
    .option(...json)
    .action(async (id: string, options: DropOptions) =>
      done(await (await load()).drop(id, options, context(), terminal)),
    );
}

import { GatekeeperId, SessionKey } from '@causeway/contracts/ids';
import { InvalidArgumentError, type Command } from 'commander';
import type { CommandContext } from '../commands/environment.js';
import type { Terminal } from '../output/terminal.js';
import type { CloseOptions, ListOptions } from './commands.js';

/** The code is loaded when a command is run. */
const load = () => import('./commands.js');

const MOST = 10_000;
const REASON_CHARACTERS = 200;

function gatekeeperOf(text: string): string {
  if (GatekeeperId.safeParse(text).success) return text;
  throw new InvalidArgumentError('It is the id of a profile.');
}

function sessionKeyOf(text: string): SessionKey {
  const key = SessionKey.safeParse(text);
  if (key.success) return key.data;
  throw new InvalidArgumentError('It is a session key, as list names it.');
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST) return limit;
  throw new InvalidArgumentError(`It is a number from 1 to ${MOST}.`);
}

function reasonOf(text: string): string {
  if (text.trim() !== '' && text.length <= REASON_CHARACTERS) return text;
  throw new InvalidArgumentError(`It is a text of up to ${REASON_CHARACTERS} characters.`);
}

/** Adds `causeway sessions list | close`. */
export function addSessionCommands(
  program: Command,
  context: () => CommandContext,
  terminal: Terminal,
  done: (code: number) => void,
): void {
  const sessions = program
    .command('sessions')
    .description('upstream connections of devices, by their random keys');
  const json = ['--json', 'one JSON line on stdout', false] as const;
  sessions
    .command('list')
    .description('how many there are of each state, and those that opened last')
    .option('--gatekeeper <id>', 'only with this gatekeeper', gatekeeperOf)
    .option('--state <state>', 'only in this state')
    .option('--limit <number>', 'at most so many', limitOf, 50)
    .option(...json)
    .action(async (options: ListOptions) => done(await (await load()).list(options, context(), terminal)));
  sessions
    .command('close')
    .description('end the upstream connection of one device; it comes back when the device connects anew')
    .argument('<session key>', 'as list names it', sessionKeyOf)
    .requiredOption('--reason <text>', 'why; it is recorded', reasonOf)
    .option(...json)
    .action(async (key: SessionKey, options: CloseOptions) =>
      done(await (await load()).close(key, options, context(), terminal)),
    );
}

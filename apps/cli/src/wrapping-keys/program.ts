import { Argument, InvalidArgumentError, type Command } from 'commander';
import type { CommandContext } from '../commands/environment.js';
import type { Terminal } from '../output/terminal.js';
import type { JsonOption, RotateOptions } from './commands.js';
import { sealingServices, type SealingService } from './services.js';

/** The code is loaded when a command is run. */
const load = () => import('./commands.js');

function keyIdOf(text: string): string {
  if (/^[A-Za-z0-9._-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('It is up to 64 letters, digits, dots, dashes and underscores.');
}

/** Adds `causeway wrapping-keys list | rotate | rewrap | drop`. */
export function addWrappingKeyCommands(
  program: Command,
  context: () => CommandContext,
  terminal: Terminal,
  done: (code: number) => void,
): void {
  const keys = program
    .command('wrapping-keys')
    .description('the keys that wrap the data keys of sealed rows');
  const json = ['--json', 'one JSON line on stdout', false] as const;
  const service = (name: string) => new Argument(name, 'whose ring').choices(sealingServices);
  keys
    .command('list')
    .description('each key, what it does and how many rows name it')
    .option(...json)
    .action(async (options: JsonOption) => done(await (await load()).list(options, context(), terminal)));
  keys
    .command('rotate')
    .description('add a key that wraps new data keys once every pod has read the ring')
    .addArgument(service('<service>'))
    .option('--remote <id>', 'a key that the key service has under this id', keyIdOf)
    .option(...json)
    .action(async (name: SealingService, options: RotateOptions) =>
      done(await (await load()).rotate(name, options, context(), terminal)),
    );
  keys
    .command('rewrap')
    .description('wrap the data key of every row with the present key; safe beside running services')
    .addArgument(service('[service]'))
    .option(...json)
    .action(async (name: SealingService | undefined, options: JsonOption) =>
      done(await (await load()).rewrap(name, options, context(), terminal)),
    );
  keys
    .command('drop')
    .description(
      'take a key out for good that no row names; what backups hold under it does not open any more',
    )
    .addArgument(service('<service>'))
    .argument('<id>', 'of the key', keyIdOf)
    .option(...json)
    .action(async (name: SealingService, id: string, options: JsonOption) =>
      done(await (await load()).drop(name, id, options, context(), terminal)),
    );
}

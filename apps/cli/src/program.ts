import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { DeviceOptions } from './commands/device.js';
import type { CommandContext } from './commands/environment.js';
import type { MigrateOptions } from './commands/migrate.js';
import { aborted, abortedByProcess } from './commands/signals.js';
import type { SimOptions } from './commands/sim.js';
import type { StartOptions } from './commands/start.js';
import { addDeadLetterCommands } from './dead-letters/program.js';
import { addGatekeeperCommands } from './gatekeepers/program.js';
import { isUserName } from './identity-provider/development-client.js';
import { addKeyCommands } from './keys/program.js';
import { addSessionCommands } from './sessions/program.js';
import { Terminal } from './output/terminal.js';
import { addWakeCommands } from './wakes/program.js';
import { addWrappingKeyCommands } from './wrapping-keys/program.js';
import { addUserCommands } from './users/program.js';

const stackOptions = () => [
  new Option('--port-base <port>', 'first of the ports on 127.0.0.1').argParser(portBaseOf),
  new Option('--custody <custody>', 'who keeps undelivered messages')
    .choices(['gatekeeper', 'provider'])
    .default('gatekeeper'),
  new Option('--log-level <level>', 'what the services write to services.log').default('info'),
];

/** A command's code is loaded when it is run: to load everything takes longer than most commands. */
const load = {
  demo: () => import('./commands/demo.js'),
  device: () => import('./commands/device.js'),
  migrate: () => import('./commands/migrate.js'),
  say: () => import('./commands/say.js'),
  sim: () => import('./commands/sim.js'),
  start: () => import('./commands/start.js'),
  status: () => import('./commands/status.js'),
};

const HIGHEST_BASE = 65_500;

function portBaseOf(text: string): number {
  const base = Number(text);
  if (Number.isInteger(base) && base >= 1024 && base <= HIGHEST_BASE) return base;
  throw new InvalidArgumentError(`It is a number from 1024 to ${HIGHEST_BASE}.`);
}

function userNameOf(text: string): string {
  if (isUserName(text)) return text;
  throw new InvalidArgumentError('It is a name of up to 32 lower-case letters, digits, dots and dashes.');
}

/**
 * Builds the `causeway` command.
 * @param done told the exit code of what was run
 */
export function createProgram(
  base: Omit<CommandContext, 'dataRoot'> & { readonly stdin: Readable },
  done: (code: number) => void,
): Command {
  const program = new Command('causeway')
    .description(
      'Backend with which a provider’s users exchange encrypted messages with a gatekeeper’s users',
    )
    .option('--data-root <folder>', 'where development stacks keep their data', '.causeway')
    .exitOverride();
  const context = (): CommandContext => ({
    ...base,
    dataRoot: resolve(program.opts<{ dataRoot: string }>().dataRoot),
  });
  const out = new Terminal(base.stdout);
  const err = new Terminal(base.stderr);

  const startCommand = program
    .command('start')
    .description('run everything in one process and show the main job once');
  stackOptions().forEach((option) => startCommand.addOption(option));
  startCommand
    .option('--no-sim', 'without the simulator: the gatekeeper is whoever the profile names')
    .option('--profile <file>', 'gatekeeper profile, with --no-sim');
  startCommand.action(async (options: StartOptions) =>
    done(await (await load.start()).start(options, context(), out)),
  );

  const demoCommand = program
    .command('demo')
    .description('carry out the main job on a stack of its own, and end');
  [...stackOptions(), new Option('--json', 'one JSON line on stdout').default(false)].forEach((option) =>
    demoCommand.addOption(option),
  );
  demoCommand.action(async (options: StartOptions & { json: boolean }) =>
    done(await (await load.demo()).demo(options, context(), options.json ? err : out)),
  );

  program
    .command('say')
    .description('a user of the provider writes to bob')
    .argument('<name>', 'user of the provider', userNameOf)
    .argument('<text>')
    .action(async (name: string, text: string) =>
      done(await (await load.say()).say(name, text, context(), out)),
    );
  program
    .command('watch')
    .description('show what arrives at a user’s device')
    .argument('<name>', 'user of the provider', userNameOf)
    .action(async (name: string) =>
      done(await (await load.say()).watch(name, context(), out, aborted(abortedByProcess()))),
    );
  program
    .command('status')
    .description('whether the running stack is ready')
    .option('--json', 'one JSON line on stdout', false)
    .action(async ({ json }: { json: boolean }) =>
      done(await (await load.status()).status(json, context(), out)),
    );
  program
    .command('migrate')
    .description('bring a deployment’s database, roles and topics to what this version needs')
    .option('--resolve <name>', 'only mark a failed migration as repaired')
    .option('--print-grants', 'only write the rights of each service, for the engines’ own tools', false)
    .option('--json', 'one JSON line on stdout', false)
    .action(async (options: MigrateOptions) =>
      done(await (await load.migrate()).migrate(options, context(), out)),
    );
  addDeadLetterCommands(program, context, out, done);
  addGatekeeperCommands(program, context, out, done);
  addKeyCommands(program, context, out, done);
  addWakeCommands(program, context, out, done);
  addWrappingKeyCommands(program, context, out, done);
  addSessionCommands(program, context, out, done);
  addUserCommands(program, context, out, done);

  program
    .command('device')
    .description('drive the reference device by JSON lines on stdin')
    .requiredOption('--endpoints <file>', 'endpoints file of the stack')
    .requiredOption('--data <dir>', 'folder in which the device keeps its keys and messages')
    .requiredOption('--user <id>', 'user of the development identity provider', userNameOf)
    .action(async (options: DeviceOptions) =>
      done(await (await load.device()).device(options, base.stdin, context())),
    );

  const simCommand = program.command('sim').description('the gatekeeper simulator alone');
  stackOptions()
    .slice(0, 2)
    .forEach((option) => simCommand.addOption(option));
  simCommand.action(async (options: SimOptions) =>
    done(await (await load.sim()).sim(options, context(), out)),
  );
  simCommand
    .command('say')
    .description('a user of the gatekeeper writes to a user of the provider')
    .addArgument(new Argument('<who>', 'user of the gatekeeper').choices(['bob']))
    .argument('<text>')
    .option('--to <name>', 'user of the provider', userNameOf, 'alice')
    .action(async (_who: string, text: string, { to }: { to: string }) =>
      done(await (await load.say()).simSay(text, to, context(), out)),
    );
  return program;
}

import { join } from 'node:path';
import { CliError } from '../errors.js';
import type { Terminal } from '../output/terminal.js';
import type { GatekeeperChoice } from '../stack/gatekeeper.js';
import { basePorts, stackPorts } from '../stack/ports.js';
import { startStack, type Stack } from '../stack/stack.js';
import type { Custody } from '../stack/simulator.js';
import { simulatorProfile, type CommandContext } from './environment.js';
import { aborted, abortedByProcess } from './signals.js';

export interface StartOptions {
  readonly portBase?: number;
  readonly custody: Custody;
  readonly logLevel: string;
  /** False with `--no-sim`: the gatekeeper is whoever the profile names. */
  readonly sim?: boolean;
  readonly profile?: string;
}

/** @returns the gatekeeper that the options name. @throws {CliError} `profile_missing` */
export function choiceOf({ sim = true, profile, custody }: StartOptions): GatekeeperChoice {
  if (sim) return { kind: 'simulator', custody, profileTemplate: simulatorProfile };
  if (profile === undefined)
    throw new CliError('profile_missing', '--no-sim needs --profile FILE: the gatekeeper to talk to');
  return { kind: 'profile', file: profile };
}

/** `causeway start`: runs everything, shows the main job once, and stays up until a signal. @returns the exit code */
export async function start(
  options: StartOptions,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  const ended = abortedByProcess();
  const startedAt = performance.now();
  terminal.note('starting');
  const stack = await startStack({
    dataDir: context.dataRoot,
    ports: stackPorts(options.portBase ?? basePorts.start),
    gatekeeper: choiceOf(options),
    fresh: false,
    environment: context.environment,
    logLevel: options.logLevel,
    log: (line) => terminal.note(line),
  });
  terminal.note(`up after ${Math.round(performance.now() - startedAt)} ms`);
  printEndpoints(stack, terminal);
  const shown = stack.endpoints.control === undefined ? undefined : show(stack, context, terminal, ended);
  await aborted(ended);
  await shown;
  terminal.note('draining');
  const clean = await stack.stop();
  terminal.note(clean ? 'drained' : 'drained, but not everything ended in time');
  return clean ? 0 : 1;
}

/** Shows the main job; when it fails, the stack stays up to be looked at. */
async function show(
  stack: Stack,
  context: CommandContext,
  terminal: Terminal,
  ended: AbortSignal,
): Promise<void> {
  if (ended.aborted) return;
  terminal.title('A user of the provider and a user of the gatekeeper talk');
  const { converse } = await import('./conversation.js');
  const ok = await converse(stack, context.dataRoot, (result) => terminal.step(result), ended).then(
    (results) => results.every((result) => result.ok),
    () => false,
  );
  if (ended.aborted) return;
  terminal.line('');
  if (ok) terminal.line('It works. Try `npx causeway say alice "hi"` in another terminal; Ctrl-C ends.');
  else terminal.problem(`The main job failed; ${join(context.dataRoot, 'services.log')} says more.`);
}

function printEndpoints({ endpoints }: Stack, terminal: Terminal): void {
  terminal.title('Endpoints');
  for (const [name, url] of Object.entries(endpoints.services)) terminal.line(`  ${name.padEnd(10)} ${url}`);
  terminal.line(`  ${'tokens'.padEnd(10)} ${endpoints.tokenUrl}`);
  if (endpoints.control !== undefined) terminal.line(`  ${'simulator'.padEnd(10)} ${endpoints.control}`);
}

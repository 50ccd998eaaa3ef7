import { join } from 'node:path';
import type { Terminal } from '../output/terminal.js';
import { basePorts, stackPorts } from '../stack/ports.js';
import { startStack } from '../stack/stack.js';
import { stepNames, type StepResult } from '../journey/step.js';
import type { CommandContext } from './environment.js';
import { abortedByProcess } from './signals.js';
import { choiceOf, type StartOptions } from './start.js';

/**
 * `causeway demo`: carries out the main job on a stack of its own and ends.
 * @param json one JSON line on stdout instead of a transcript, whatever happens
 * @returns the exit code
 * @throws whatever kept the stack from starting or stopping
 */
export async function demo(
  options: StartOptions & { readonly json: boolean },
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  const results: StepResult[] = [];
  let stopped = false;
  try {
    stopped = await showOnOwnStack(options, context, terminal, results);
  } finally {
    if (options.json) report(results, stopped, context);
  }
  return isWhole(results, stopped) ? 0 : 1;
}

/** @returns whether everything drained in time */
async function showOnOwnStack(
  options: StartOptions,
  context: CommandContext,
  terminal: Terminal,
  results: StepResult[],
): Promise<boolean> {
  const ended = abortedByProcess();
  const dataDir = join(context.dataRoot, 'demo');
  const stack = await startStack({
    dataDir,
    ports: stackPorts(options.portBase ?? basePorts.demo),
    gatekeeper: choiceOf({ ...options, sim: true }),
    fresh: true,
    environment: context.environment,
    logLevel: options.logLevel,
    log: (line) => terminal.note(line),
  });
  const onStep = (result: StepResult) => {
    results.push(result);
    terminal.step(result);
  };
  try {
    const { converse } = await import('./conversation.js');
    await converse(stack, dataDir, onStep, ended);
  } catch (error) {
    await stack.stop();
    throw error;
  }
  return stack.stop();
}

function isWhole(results: readonly StepResult[], stopped: boolean): boolean {
  return stopped && results.length === stepNames.length && results.every((result) => result.ok);
}

function report(results: readonly StepResult[], stopped: boolean, { stdout }: CommandContext): void {
  const steps = results.map(({ name, ok, ms }) => ({ name, ok, ms }));
  stdout.write(`${JSON.stringify({ ok: isWhole(results, stopped), steps })}\n`);
}

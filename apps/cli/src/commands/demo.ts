import { join } from 'node:path';
import type { Terminal } from '../output/terminal.js';
import { basePorts, stackPorts } from '../stack/ports.js';
import { startStack } from '../stack/stack.js';
import type { StepResult } from '../journey/step.js';
import { converse } from './conversation.js';
import type { CommandContext } from './environment.js';
import { choiceOf, type StartOptions } from './start.js';

/**
 * `causeway demo`: carries out the main job on a stack of its own and ends.
 * @param json one JSON line on stdout instead of a transcript
 * @returns the exit code
 */
export async function demo(
  options: StartOptions & { readonly json: boolean },
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
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
  let results: StepResult[];
  try {
    results = await converse(stack, dataDir, (result) => terminal.step(result));
  } finally {
    await stack.stop();
  }
  const ok = results.length > 0 && results.every((result) => result.ok);
  if (options.json) {
    const steps = results.map(({ name, ok, ms }) => ({ name, ok, ms }));
    context.stdout.write(`${JSON.stringify({ ok, steps })}\n`);
  }
  return ok ? 0 : 1;
}

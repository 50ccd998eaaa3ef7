import { processEnvironment } from '@causeway/config';
import { CommanderError } from 'commander';
import { createProgram } from './program.js';

/** Runs the `causeway` command; sets the exit code instead of exiting, so that everything drains. */
export async function run(argv: readonly string[]): Promise<void> {
  const { stdin, stdout, stderr } = process;
  const environment = processEnvironment();
  const program = createProgram({ stdin, stdout, stderr, environment }, (code) => {
    process.exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    process.exitCode = error instanceof CommanderError ? error.exitCode : 1;
    if (!(error instanceof CommanderError)) stderr.write(`causeway: ${messageOf(error)}\n`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'failed';
}

import { spawn } from 'node:child_process';
import type { Account } from './account.js';

/** How a program ended. */
export interface Outcome {
  readonly exitCode: number;
  /** What it printed on both streams, its last 16 KiB. */
  readonly output: string;
}

const keptOutput = 16_384;

/**
 * Runs one program to its end as the given account, in its own process group (so that Ctrl-C at the terminal reaches
 * only us), with the data folder as working directory. A program that cannot be started has exit code 127.
 */
export async function run(
  program: string,
  args: readonly string[],
  options: { account: Account; cwd: string; timeoutMs: number },
): Promise<Outcome> {
  const { uid, gid } = options.account;
  const child = spawn(program, args, {
    cwd: options.cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    timeout: options.timeoutMs,
    killSignal: 'SIGKILL',
    ...(uid === undefined || gid === undefined ? {} : { uid, gid }),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-keptOutput);
    });
  }
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ exitCode: 127, output: error.message }));
    child.once('close', (code) => resolve({ exitCode: code ?? 128, output }));
  });
}

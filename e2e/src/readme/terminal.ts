import { spawn, type ChildProcess } from 'node:child_process';
import { delimiter } from 'node:path';
import { eventually } from '@causeway/testing';

/** Of npm, of Vitest, of the checkout and of its tests: a newcomer's terminal has none of it. */
const NOT_A_NEWCOMERS =
  /^(npm_(?!config_registry$)|INIT_CWD$|NODE$|NODE_ENV$|NODE_OPTIONS$|VITEST|TEST$|CI$|NX_|CAUSEWAY_|NIGHTLY$)/;

/** @returns the environment of a terminal that was just opened */
export function newcomersEnvironment(from: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(from).filter(([name]) => !NOT_A_NEWCOMERS.test(name));
  const path = (from['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  return { ...Object.fromEntries(kept), PATH: path.join(delimiter) };
}

/** One command line in a terminal. */
export class Terminal {
  output = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;

  /** Starts a command line, which may have several lines, exactly as it is written. */
  constructor(
    private readonly script: string,
    folder: string,
  ) {
    // A shell at a prompt survives Ctrl-C and tells the code of what it ran; so does one with a trap.
    this.#child = spawn('sh', ['-c', `trap : INT\n${script}`], {
      cwd: folder,
      env: newcomersEnvironment(process.env),
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, as every job of a terminal has.
      detached: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject).once('close', resolve);
    });
  }

  /** Waits until everything is shown, each as a whole line or a pattern of one; not longer than the command lasts. */
  async until(shown: readonly (string | RegExp)[], deadlineMs: number): Promise<void> {
    const check = () => {
      const missing = shown.filter((expected) => !this.#shows(expected));
      if (missing.length > 0) throw this.#failure(`does not show ${missing.join(', ')}`);
    };
    await Promise.race([eventually(check, { deadlineMs, everyMs: 50 }), this.#ended.then(check)]);
  }

  /** Waits for the end. @returns the exit code @throws {Error} when it has not ended in time */
  async end(deadlineMs: number): Promise<number | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.#failure(`did not end within ${deadlineMs} ms`)), deadlineMs);
    });
    return Promise.race([this.#ended, late]).finally(() => clearTimeout(timer));
  }

  /** Ctrl-C: every process of the group is told. */
  ctrlC(): void {
    this.#signal('SIGINT');
  }

  kill(): void {
    this.#signal('SIGKILL');
  }

  #shows(expected: string | RegExp): boolean {
    return this.output
      .split('\n')
      .some((line) => (typeof expected === 'string' ? line === expected : expected.test(line)));
  }

  #signal(name: NodeJS.Signals): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, name);
    } catch {
      // The group has ended.
    }
  }

  #failure(what: string): Error {
    return new Error(`“${this.script}” ${what}; it printed:\n${this.output}`);
  }
}

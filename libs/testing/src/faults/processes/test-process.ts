import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually } from '../../eventually.js';

// Lets a bare Node process run our sources: it looks for `x.ts` where an import says `x.js`.
const resolveSources = `import { registerHooks } from 'node:module';
registerHooks({ resolve(name, context, next) {
  const own = name.startsWith('.') && context.parentURL?.endsWith('.ts');
  return next(own ? name.replace(/\\.js$/, '.ts') : name, context);
} });`;

const execArgv = [
  '--no-warnings',
  '--conditions=@causeway/source',
  '--experimental-transform-types',
  '--import',
  `data:text/javascript,${encodeURIComponent(resolveSources)}`,
];

const keptMessages = 10_000;
const keptErrors = 16_384;
const OF_VITEST = /^(VITEST|NODE_OPTIONS$|NODE_ENV$|TEST$)/;

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * A process of a test's own that can be killed, stopped and continued. It runs a TypeScript entry from its sources, as
 * the test itself does, and speaks by `process.send`. It must end by itself when it is disconnected.
 * @template Said what it says
 */
export class TestProcess<Said extends object> {
  /** What it said, in order; the last 10,000. */
  readonly messages: Said[] = [];
  /** The end of what it wrote to its standard error. */
  errors = '';
  readonly ended: Promise<Exit>;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (message) => {
      if (this.messages.push(message as Said) > keptMessages) this.messages.shift();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors = (this.errors + text).slice(-keptErrors);
    });
    this.ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  }

  /** @param settings given to the entry as JSON, in its first argument */
  static async start<Said extends object>(entry: URL, settings: object): Promise<TestProcess<Said>> {
    const inherited = Object.entries(process.env).filter(([name]) => !OF_VITEST.test(name));
    const child = fork(fileURLToPath(entry), [JSON.stringify(settings)], {
      execArgv,
      env: Object.fromEntries(inherited),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    await once(child, 'spawn');
    return new TestProcess<Said>(child);
  }

  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Says something to it. Throws when it is gone. */
  tell(message: object): void {
    this.child.send(message);
  }

  /** The first message that the guard accepts, now or within the deadline. Throws with its standard error. */
  async said<Wanted extends Said>(
    guard: (message: Said) => message is Wanted,
    deadlineMs = 20_000,
  ): Promise<Wanted> {
    return eventually(
      () => {
        const found = this.messages.find(guard);
        if (found !== undefined) return found;
        throw new Error(`the process has not said it${this.alive ? '' : ' and is gone'}: ${this.errors}`);
      },
      { deadlineMs },
    );
  }

  /** SIGKILL: no handler runs, nothing is flushed. */
  async kill(): Promise<Exit> {
    this.child.kill('SIGKILL');
    return this.ended;
  }

  /** SIGSTOP: it stands still in the middle of whatever it does, its connections stay open. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  /** SIGCONT. */
  thaw(): void {
    this.child.kill('SIGCONT');
  }

  /** Asks it to end (SIGTERM). */
  async end(): Promise<Exit> {
    this.child.kill('SIGTERM');
    return this.ended;
  }
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const START_MS = 90_000;
const DRAIN_MS = 45_000;
const LOG_TAIL = 2_000;

/** Where the run keeps what Node has compiled, if it does; a service's settings are nobody else's. */
const { NODE_COMPILE_CACHE } = process.env;
const compileCache = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };

/** How a unit of a column is run. */
export interface UnitOptions {
  readonly name: string;
  /** Built JavaScript file, and its arguments. */
  readonly entry: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What it writes is added to this file. */
  readonly logFile: string;
  /** Addresses whose `/ready` answers 200 once it is up. */
  readonly urls: readonly string[];
}

/** One process of a column: a service, or all of them. It can be killed and started again. */
export class Unit {
  #child: ChildProcess | undefined;

  constructor(private readonly options: UnitOptions) {}

  get name(): string {
    return this.options.name;
  }

  /** Of the process that was started last. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts the process and waits until it is ready. @throws {Error} with the end of its log when it ends or is late */
  async start(): Promise<void> {
    this.spawn();
    await this.ready();
  }

  /** Starts the process; does not wait. */
  spawn(): void {
    const { entry, args = [], env, logFile } = this.options;
    const log = openSync(logFile, 'a');
    const child = spawn(process.execPath, [entry, ...args], {
      env: { ...compileCache, ...env },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child = child;
    const abandon = () => child.kill('SIGKILL');
    process.once('exit', abandon);
    child.once('exit', () => process.removeListener('exit', abandon));
  }

  /** Waits until the process answers. */
  async ready(): Promise<void> {
    const giveUpAt = performance.now() + START_MS;
    for (const url of this.options.urls) {
      while (!(await answersReady(url))) {
        if (this.#ended) throw this.#failure('ended at start');
        if (performance.now() > giveUpAt) throw this.#failure('is not ready in time');
        await delay(100);
      }
    }
  }

  /** SIGKILL: no drain, no goodbye. Resolves when the process is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGSTOP: it stands still and does not know. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  /** SIGCONT: it goes on as if no time had passed. */
  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Waits until the process has killed itself at a failpoint. @throws {Error} when it lives on, or ends otherwise */
  async killedItself(withinMs: number): Promise<void> {
    const child = this.#child;
    if (child === undefined) throw new Error(`${this.name} was not started`);
    const signal = AbortSignal.timeout(withinMs);
    if (!this.#ended) {
      await once(child, 'exit', { signal }).catch(() => {
        throw this.#failure('did not come to the failpoint');
      });
    }
    if (child.signalCode !== 'SIGKILL') throw this.#failure('ended before the failpoint');
  }

  /** SIGTERM; a process that does not end within the drain's budget is killed. @returns whether it ended with code 0 */
  async stop(): Promise<boolean> {
    const child = this.#child;
    if (child === undefined || this.#ended) return true;
    const late = setTimeout(() => child.kill('SIGKILL'), DRAIN_MS);
    await this.#end('SIGTERM');
    clearTimeout(late);
    return child.exitCode === 0;
  }

  get #ended(): boolean {
    return this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === undefined || this.#ended) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  #failure(what: string): Error {
    const tail = readFileSync(this.options.logFile, 'utf8').slice(-LOG_TAIL);
    return new Error(`${this.name} ${what}:\n${tail}`);
  }
}

async function answersReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(2_000) });
    return response.ok;
  } catch {
    return false;
  }
}

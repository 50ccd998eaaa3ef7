import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Engines } from '@causeway/testing';
import { processTree } from '../machine/process-tree.js';
import type { Variant } from './systems.js';
import type { Talk, TalkTimes } from './talk.js';
import type { WorkerRequest } from './worker.js';

const entry = fileURLToPath(new URL('./worker.js', import.meta.url));
const STOP_MS = 60_000;

/** One round on one system. */
export interface Round extends TalkTimes {
  /** Processor time of every process of the system but its engines, per message. */
  readonly cpuMsPerMessage: number;
}

/** A system in processes of its own, so that its times and its processor time are its own. */
export class WorkerProcess {
  private constructor(private readonly child: ChildProcess) {}

  /** Resolves when the device's session is open. */
  static async start(variant: Variant, portBase: number, engines?: Engines): Promise<WorkerProcess> {
    const args = [variant, String(portBase), ...(engines === undefined ? [] : [JSON.stringify(engines)])];
    const worker = new WorkerProcess(fork(entry, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }));
    await worker.answer();
    return worker;
  }

  async talk(talk: Talk): Promise<Round> {
    const cpuBefore = this.cpuMs();
    this.request({ talk });
    const times = (await this.answer()) as TalkTimes;
    const messages = times.in.length + times.out.length;
    return { ...times, cpuMsPerMessage: (this.cpuMs() - cpuBefore) / messages };
  }

  /** Resolves when the process has drained; kills one that does not. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    const late = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    this.request('stop');
    await gone;
    clearTimeout(late);
  }

  private request(request: WorkerRequest): void {
    this.child.send(request);
  }

  private async answer(): Promise<unknown> {
    const ended = new AbortController();
    const failure = once(this.child, 'exit', { signal: ended.signal }).then(() => {
      throw new Error('a system of the benchmark ended');
    });
    try {
      const [answer] = (await Promise.race([
        once(this.child, 'message', { signal: ended.signal }),
        failure,
      ])) as [unknown];
      return answer;
    } finally {
      ended.abort();
      failure.catch(() => undefined);
    }
  }

  private cpuMs(): number {
    return processTree(this.child.pid ?? 0).cpuMs;
  }
}

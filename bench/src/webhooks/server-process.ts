import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { processTree } from '../machine/process-tree.js';

const entry = fileURLToPath(new URL('./server.js', import.meta.url));

/** A server under measurement. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(
    what: 'empty' | 'service',
    env: Readonly<Record<string, string | undefined>> = {},
  ): Promise<ServerProcess> {
    const child = fork(entry, [what], { env: { ...env }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const failed = once(child, 'exit').then(() => {
      throw new Error('a server of the benchmark ended');
    });
    const [url] = (await Promise.race([once(child, 'message'), failed])) as [string];
    failed.catch(() => undefined);
    return new ServerProcess(child, url);
  }

  get cpuMs(): number {
    return processTree(this.child.pid ?? 0).cpuMs;
  }

  async stop(): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}

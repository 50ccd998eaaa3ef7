import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Order, Outcome, Target } from './login-client.js';
import type { Gatekeeper } from './login-gatekeeper.js';

const entry = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

async function answerOf<T>(child: ChildProcess, who: string): Promise<T> {
  const ended = new AbortController();
  const failed = once(child, 'exit', { signal: ended.signal }).then(() => {
    throw new Error(`${who} of the benchmark ended`);
  });
  failed.catch(() => undefined);
  const [answer] = (await Promise.race([once(child, 'message'), failed])) as [T];
  ended.abort();
  return answer;
}

async function end(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** A simulated gatekeeper in a process of its own. */
export class GatekeeperProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly gatekeeper: Gatekeeper,
  ) {}

  static async start(accounts: number): Promise<GatekeeperProcess> {
    const child = fork(entry('./login-gatekeeper.js'), [String(accounts)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    return new GatekeeperProcess(child, await answerOf(child, 'a gatekeeper'));
  }

  /** Resets every connection, as a restart does. */
  cut(): void {
    this.child.send('cut');
  }

  stop(): Promise<void> {
    return end(this.child);
  }
}

/** Clients in a process of their own, so that its memory and processor time are theirs. */
export class ClientProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  /** @param ca PEM of the authority to believe */
  static start(target: Target, ca: string): ClientProcess {
    const folder = mkdtempSync(join(tmpdir(), 'causeway-bench-'));
    const file = join(folder, 'ca.pem');
    writeFileSync(file, ca);
    const child = fork(entry('./login-client.js'), {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: file },
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.send(target);
    return new ClientProcess(child, folder);
  }

  run(order: Order): Promise<Outcome> {
    this.child.send(order);
    return answerOf(this.child, 'clients');
  }

  async stop(): Promise<void> {
    await end(this.child);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

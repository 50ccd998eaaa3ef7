import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTestAuthority } from '@causeway/testing/engines';
import { BenchPartner, makeAccounts } from './login-accounts.js';
import type { Order, Outcome, Target } from './login-client.js';
import type { NoiseTarget } from './login-fleet.js';
import type { GatekeeperAddress, GatekeeperSettings } from './login-gatekeeper.js';

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

/** A simulated gatekeeper in a process of its own, with the provider's part that it asks for. */
export class GatekeeperProcess {
  private constructor(
    private child: ChildProcess,
    private readonly partner: BenchPartner,
    private readonly settings: GatekeeperSettings,
    /** How clients reach it, and what their logins take. */
    readonly target: NoiseTarget,
    /** PEM of the authority of its TLS certificate. */
    readonly ca: string,
  ) {}

  static async start(count: number): Promise<GatekeeperProcess> {
    const partner = await BenchPartner.start();
    const authority = createTestAuthority();
    const accounts = makeAccounts(partner, count);
    const settings = {
      partner: partner.settings,
      rootKey: randomBytes(32).toString('hex'),
      tls: authority.issue('localhost'),
      accounts,
    };
    const { child, address } = await gatekeeperOf({ ...settings, port: 0 });
    const { url, port, rootPublicKey } = address;
    const target = { url, rootPublicKey, accounts };
    return new GatekeeperProcess(child, partner, { ...settings, port }, target, authority.ca);
  }

  /** Kills it and starts it again: same address, keys and accounts, and no connection. Resolves when it listens. */
  async restart(): Promise<void> {
    await end(this.child);
    ({ child: this.child } = await gatekeeperOf(this.settings));
  }

  async stop(): Promise<void> {
    await end(this.child);
    this.partner.stop();
  }
}

async function gatekeeperOf(settings: GatekeeperSettings): Promise<{
  readonly child: ChildProcess;
  readonly address: GatekeeperAddress;
}> {
  const child = fork(entry('./login-gatekeeper.js'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  child.send(settings);
  return { child, address: await answerOf<GatekeeperAddress>(child, 'a gatekeeper') };
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

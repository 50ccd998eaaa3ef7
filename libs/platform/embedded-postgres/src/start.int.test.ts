import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './index.js';

let template: string;
let folder: string;
let started: EmbeddedPostgres[];
let children: ChildProcess[];

function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'causeway-embedded-'));
  chmodSync(path, 0o755);
  return path;
}

beforeAll(async () => {
  template = temporaryFolder();
  const postgres = await startEmbeddedPostgres({
    dataDir: join(template, 'db'),
    port: await freePort(),
    log: () => undefined,
  });
  await postgres.stop();
});

afterAll(() => rmSync(template, { recursive: true, force: true }));

beforeEach(() => {
  folder = temporaryFolder();
  // Creating a cluster takes seconds on a busy machine; only the first test needs to see that.
  execFileSync('cp', ['-a', join(template, 'db'), join(folder, 'db')]);
  started = [];
  children = [];
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const postgres of started) await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function listening(port = 0): Promise<Server> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function freePort(): Promise<number> {
  const server = await listening();
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function start(port: number, dataDir = join(folder, 'db')) {
  const lines: string[] = [];
  const postgres = await startEmbeddedPostgres({ dataDir, port, log: (line) => lines.push(line) });
  started.push(postgres);
  return { postgres, lines };
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

const postmasterPid = (): number =>
  Number(readFileSync(join(folder, 'db/cluster/postmaster.pid'), 'utf8').split('\n')[0]);

/** Starts the database in another process and kills that without warning. */
async function orphan(port: number): Promise<void> {
  const hook = `import { registerHooks } from 'node:module';
    registerHooks({ resolve: (s, c, next) => next(s.startsWith('./') ? s.replace(/[.]js$/, '.ts') : s, c) });`;
  const program = `const { startEmbeddedPostgres } = await import(${JSON.stringify(import.meta.resolve('./start.ts'))});
    await startEmbeddedPostgres({ dataDir: ${JSON.stringify(join(folder, 'db'))}, port: ${port}, log: console.log });
    setInterval(() => undefined, 1000);`;
  const args = ['--experimental-transform-types', '--no-warnings'];
  const preload = `data:text/javascript,${encodeURIComponent(hook)}`;
  const child = spawn(
    process.execPath,
    [...args, '--import', preload, '--input-type=module', '-e', program],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  children.push(child);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  expect(said.toString()).toContain('started');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('startEmbeddedPostgres', () => {
  it('starts on loopback with a password of its own, keeps the data, and stops', async () => {
    const port = await freePort();
    rmSync(join(folder, 'db'), { recursive: true });
    const { postgres } = await start(port);
    expect(await accepts(port)).toBe(true);
    expect(postgres.url).toMatch(
      new RegExp(`^postgres://postgres:[\\w-]{32}@127\\.0\\.0\\.1:${port}/postgres$`),
    );
    expect(statSync(join(folder, 'db/password')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, 'db/cluster/pg_hba.conf'), 'utf8')).not.toMatch(
      /^[^#]*\b(trust|peer|md5)\s*$/m,
    );
    await postgres.stop();
    await postgres.stop();
    expect(await accepts(port)).toBe(false);
    const again = await start(port);
    expect(again.postgres.url).toBe(postgres.url);
  });

  it('adopts the server of a killed process on the same port', async () => {
    const port = await freePort();
    await orphan(port);
    const before = postmasterPid();
    const { postgres, lines } = await start(port);
    expect(postmasterPid()).toBe(before);
    expect(lines).toEqual([expect.stringContaining('adopted')]);
    await postgres.stop();
    expect(await accepts(port)).toBe(false);
  });

  it('stops the server of a killed process when another port is wanted', async () => {
    const [first, second] = [await freePort(), await freePort()];
    await orphan(first);
    const before = postmasterPid();
    await start(second);
    expect(postmasterPid()).not.toBe(before);
    expect(await accepts(first)).toBe(false);
    expect(await accepts(second)).toBe(true);
  });

  it('refuses a data folder whose owner lives', async () => {
    const port = await freePort();
    await start(port);
    await expect(start(port)).rejects.toMatchObject({ code: 'data_in_use' });
    expect(await accepts(port)).toBe(true);
  });

  it('does not take a pid file of another process for a server', async () => {
    const port = await freePort();
    const { postgres } = await start(port);
    await postgres.stop();
    writeFileSync(join(folder, 'db/cluster/postmaster.pid'), `${process.pid}\n/x\n1\n${port}\n\n\n\nready\n`);
    const { lines } = await start(port);
    expect(lines).toEqual([expect.stringContaining('started')]);
  });

  it('names a port in use, in one line', async () => {
    const taken = await listening();
    const { port } = taken.address() as AddressInfo;
    const failure = await start(port).catch((error: unknown) => error);
    taken.close();
    expect(failure).toMatchObject({ code: 'port_in_use', message: expect.stringContaining(String(port)) });
    expect(String(failure)).not.toContain('\n');
  });

  it('refuses data of another major version', async () => {
    const port = await freePort();
    const { postgres } = await start(port);
    await postgres.stop();
    writeFileSync(join(folder, 'db/cluster/PG_VERSION'), '14\n');
    await expect(start(port)).rejects.toMatchObject({
      code: 'data_version',
      message: expect.stringContaining('14'),
    });
  });

  it('refuses a folder with other things in it', async () => {
    mkdirSync(join(folder, 'other'));
    writeFileSync(join(folder, 'other/photo'), '');
    await expect(start(await freePort(), join(folder, 'other'))).rejects.toMatchObject({
      code: 'folder_not_empty',
    });
  });

  it.runIf(process.getuid?.() === 0)(
    'as root, names the folder that the database user cannot enter',
    async () => {
      const closed = join(folder, 'closed');
      mkdirSync(closed, { mode: 0o700 });
      const failure = await start(await freePort(), join(closed, 'db')).catch((error: unknown) => error);
      expect(failure).toMatchObject({
        code: 'folder_not_accessible',
        message: expect.stringContaining(`${closed}:`),
      });
    },
  );
});

import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCausewayToEnd, type CommandOptions } from '../fixtures/command.js';
import { DataRoot } from '../fixtures/data-root.js';

const PORT_BASE = 21_200;
const TIMEOUT = 90_000;
let root: DataRoot;
beforeEach(() => (root = new DataRoot()));
afterEach(() => root.remove(PORT_BASE + 20));

/** Runs a command that must end with exit code 1 and one line that says why. @returns the line */
async function refusal(args: readonly string[], options?: CommandOptions): Promise<string> {
  const { code, stdout, stderr } = await runCausewayToEnd(['--data-root', root.path, ...args], options);
  expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: expect.stringMatching(/^(starting\n)?$/) });
  expect(stderr).toMatch(/^[^\n]+\n$/);
  return stderr;
}

const start = ['start', '--port-base', `${PORT_BASE}`];

it('says that a port is in use, and by what it is wanted', { timeout: TIMEOUT }, async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(PORT_BASE + 11, '127.0.0.1', resolve));
  try {
    for (const command of ['start', 'sim'])
      expect(await refusal([command, '--port-base', `${PORT_BASE}`])).toMatch(
        /port 21211 \(chat\) is in use/,
      );
  } finally {
    server.close();
  }
});

it('says that the data belongs to another PostgreSQL', { timeout: TIMEOUT }, async () => {
  const cluster = join(root.path, 'postgres/cluster');
  mkdirSync(cluster, { recursive: true });
  writeFileSync(join(root.path, 'postgres/password'), 'secret\n');
  writeFileSync(join(cluster, 'PG_VERSION'), '9\n');
  expect(await refusal(start)).toMatch(/belongs to PostgreSQL 9, this is PostgreSQL \d+/);
  expect(existsSync(root.endpoints)).toBe(false);
});

it.skipIf(process.getuid?.() !== 0)(
  'says which folder the database’s user cannot enter (needs root)',
  { timeout: TIMEOUT },
  async () => {
    chmodSync(root.path, 0o700);
    expect(await refusal(start)).toContain(`cannot enter ${root.path}`);
  },
);

it('starts no development parts in production', { timeout: TIMEOUT }, async () => {
  const production = { env: { NODE_ENV: 'production' } };
  for (const command of [start, ['sim'], ['start', '--no-sim', '--profile', 'x']])
    expect(await refusal(command, production)).toMatch(/do not start with NODE_ENV=production/);
});

it('says that nothing runs here', { timeout: TIMEOUT }, async () => {
  for (const command of [
    ['status'],
    ['say', 'alice', 'hi'],
    ['watch', 'alice'],
    ['sim', 'say', 'bob', 'hello'],
  ])
    expect(await refusal(command)).toMatch(/no stack is running here .* run "npm start" first/);
});

it('says that what ran here does not answer', { timeout: TIMEOUT }, async () => {
  const url = `http://127.0.0.1:${PORT_BASE}`;
  const names = ['accounts', 'keys', 'session', 'fanout', 'media', 'webhooks'];
  const services = Object.fromEntries(names.map((name) => [name, url]));
  const left = { services, gatekeeper: 'simulator', tokenUrl: url, control: `${url}/control` };
  writeFileSync(root.endpoints, JSON.stringify(left));
  expect(await refusal(['say', 'alice', 'hi'])).toMatch(/nothing answers at http\S+: is the stack running\?/);
  const { code, stdout } = await runCausewayToEnd(['--data-root', root.path, 'status', '--json']);
  expect({ code, ...(JSON.parse(stdout) as object) }).toMatchObject({
    code: 1,
    ok: false,
    services: { accounts: 'unreachable', webhooks: 'unreachable' },
  });
});

it('says what is wrong with a profile', { timeout: TIMEOUT }, async () => {
  expect(await refusal(['start', '--no-sim'])).toMatch(/--no-sim needs --profile FILE/);
});

describe('on an old Node', () => {
  const old = nodeBefore24();
  it.skipIf(old === undefined)(
    `asks for a newer one (${old === undefined ? 'this machine has none older than 24' : 'with the machine’s own'})`,
    async () => {
      expect(await refusal(['start'], { node: old ?? '' })).toMatch(
        /causeway needs Node 24 or newer, this is \d+/,
      );
    },
  );
});

/** @returns the machine's own Node, outside the workspace, when it is too old for us */
function nodeBefore24(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(':').filter((folder) => !folder.includes('node_modules'));
  const node = folders.map((folder) => join(folder, 'node')).find((file) => existsSync(file));
  if (node === undefined) return undefined;
  const major = Number(execFileSync(node, ['--version'], { encoding: 'utf8' }).slice(1).split('.')[0]);
  return major < 24 ? node : undefined;
}

import { existsSync, readFileSync } from 'node:fs';
import { eventually } from '@causeway/testing';
import { afterAll, afterEach, expect, it } from 'vitest';
import { RunningCommand, runCausewayToEnd } from '../fixtures/command.js';
import { DataRoot } from '../fixtures/data-root.js';
import { serviceNames } from '../stack/service-names.js';

const PORT_BASE = 21_300;
const IT_WORKS = 'It works.';
const root = new DataRoot();
let running: RunningCommand | undefined;

afterEach(async () => {
  running?.kill();
  await running?.end();
});
afterAll(() => root.remove(PORT_BASE + 20));

const start = () =>
  (running = RunningCommand.npm(['start', '--', '--data-root', root.path, '--port-base', `${PORT_BASE}`]));
const causeway = (...args: readonly string[]) => runCausewayToEnd(['--data-root', root.path, ...args]);

/** What was printed after a line, as far as it tells of the end. */
function ending(stdout: string): string[] {
  return stdout.split('\n').filter((line) => /^(draining|drained|PostgreSQL stopped)/.test(line));
}

it('shows the main job, stays up, and is reached from another terminal', { timeout: 240_000 }, async () => {
  const stack = start();
  await stack.until(IT_WORKS);
  const endpoints = readFileSync(root.endpoints, 'utf8');
  expect(await causeway('status', '--json')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/"ok":true/),
  });

  // A second start must not disturb it, neither on its ports nor in its data.
  const onItsPorts = await causeway('start', '--port-base', `${PORT_BASE}`);
  expect(onItsPorts).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^causeway: port 21300 .* is in use/),
  });
  const inItsData = await causeway('start', '--port-base', `${PORT_BASE + 50}`);
  expect(inItsData).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/data folder .* is in use by process/),
  });
  expect(readFileSync(root.endpoints, 'utf8')).toBe(endpoints);

  expect(await causeway('say', 'alice', 'hi')).toMatchObject({ code: 0, stdout: "bob's phone shows: hi\n" });
  const watch = RunningCommand.causeway(['--data-root', root.path, 'watch', 'alice']);
  await watch.until('is connected');
  expect(await causeway('sim', 'say', 'bob', 'hello')).toMatchObject({ code: 0 });
  await watch.until('4915550001: hello');
  const second = await causeway('say', 'alice', 'and I?');
  expect(second).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^causeway: alice's device is in use/),
  });
  watch.signalGroup('SIGINT');
  expect(await watch.end()).toMatchObject({ code: 0 });

  stack.signalGroup('SIGKILL');
  await stack.end();
  expect(root.databaseProcess).toBeDefined();
  expect(existsSync(root.endpoints)).toBe(true);
});

it(
  'goes on after it was killed, and ends with Ctrl-C: services first, the database last',
  { timeout: 240_000 },
  async () => {
    const orphan = root.databaseProcess;
    const stack = start();
    await stack.until(IT_WORKS);
    expect(stack.stdout).toContain('adopted the PostgreSQL');
    expect(root.databaseProcess).toBe(orphan);
    // The simulator has forgotten alice, whose opt-in lapses and is given anew.
    expect(await causeway('say', 'alice', 'hi again')).toMatchObject({ code: 0 });

    stack.signalGroup('SIGINT');
    await stack.until('draining');
    stack.signalGroup('SIGINT');
    const { code, stdout } = await stack.end();
    expect({ code, ending: ending(stdout) }).toEqual({
      code: 0,
      ending: ['draining', 'PostgreSQL stopped', 'drained'],
    });
    expect(existsSync(root.endpoints)).toBe(false);
    // Had the database gone first, services would have complained, or not drained cleanly.
    const lastWords = root.log.slice(-serviceNames.length);
    expect(lastWords.map(({ msg, failed }) => [msg, failed])).toEqual(serviceNames.map(() => ['drained', 0]));
    expect(new Set(lastWords.map(({ service }) => service))).toEqual(new Set(serviceNames));
  },
);

it(
  'ends within a step when npm alone is told to, and leaves nothing behind',
  { timeout: 240_000 },
  async () => {
    const stack = start();
    await stack.until('text-out');
    stack.signal('SIGINT');
    const { code, stdout } = await stack.end();
    expect({ code, ending: ending(stdout) }).toEqual({
      code: 0,
      ending: ['draining', 'PostgreSQL stopped', 'drained'],
    });
    expect(stdout).not.toContain(IT_WORKS);
    await eventually(() => expect(root.databaseProcess).toBeUndefined());
    expect(existsSync(root.endpoints)).toBe(false);
  },
);

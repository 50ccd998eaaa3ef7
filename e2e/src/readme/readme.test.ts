import { chmodSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@causeway/testing';
import { stepNames } from 'causeway/journey';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cloneInto, copyBuild, linkPackages, uncommitted } from './clone.js';
import { endProcessesOf, portsTaken, processesOf } from './left-running.js';
import { shellBlocks, talkOf } from './page.js';
import { Terminal } from './terminal.js';

/** The page's commands use the usual ports, and so does this test; nothing else here does. */
const PORT_BASE = 7700;
const START_MS = 900_000;
const COMMAND_MS = 60_000;
const DRAIN_MS = 60_000;
const TESTS_MS = 900_000;

/** The shell that npx puts around a command dies of Ctrl-C, whatever the command makes of it. */
const AFTER_CTRL_C = [0, 130];

/**
 * `npm ci` and the first build take two minutes: by night and with `npm run verify -- readme`. By day they are what a
 * clean checkout itself began with.
 */
const whole = process.env['NIGHTLY'] !== undefined;
const title = whole
  ? 'embedded column: README.md’s commands, as they are written, in a clean clone'
  : 'embedded column: README.md’s commands in a clean clone, with the packages and the build of this checkout';

// A page that works at the second attempt does not work.
describe(title, { retry: 0 }, () => {
  let clone: string;
  let start: string[], second: string[], request: string[], tests: string[];
  let first: Terminal | undefined;
  const opened: Terminal[] = [];
  const open = (script: string): Terminal => {
    const terminal = new Terminal(whole ? script : script.replace(/^npm ci && /, ''), clone);
    opened.push(terminal);
    return terminal;
  };

  /** A test whose failure also says what the clone could not hold. */
  const promise = (name: string, timeout: number, body: () => Promise<void>) =>
    it(name, { timeout }, () =>
      body().catch((error: unknown) => {
        const files = uncommitted();
        if (files !== '' && error instanceof Error)
          error.message += `\n\nThe clone holds what is committed. These files of the checkout differ:\n${files}`;
        throw error;
      }),
    );

  beforeAll(async () => {
    const taken = await portsTaken(PORT_BASE);
    if (taken.length > 0)
      throw new Error(`README.md’s commands need ports on which something listens: ${taken.join(', ')}`);
    clone = realpathSync(mkdtempSync(join(tmpdir(), 'causeway-readme-')));
    // Where tests run as root, the database's own account must get through.
    chmodSync(clone, 0o755);
    cloneInto(clone);
    if (!whole) {
      linkPackages(clone);
      if (uncommitted() === '') copyBuild(clone);
    }
    const blocks = shellBlocks(readFileSync(join(clone, 'README.md'), 'utf8'));
    [start = [], second = [], request = [], tests = []] = blocks;
    expect(blocks.length, 'shell blocks of the page').toBe(4);
  });
  afterAll(async () => {
    if (clone === undefined) return;
    opened.forEach((terminal) => terminal.kill());
    await endProcessesOf(clone);
    rmSync(clone, { recursive: true, force: true });
  });

  promise(
    'the first block builds, starts, and shows the conversation with every step',
    START_MS,
    async () => {
      expect(start).toEqual(['npm ci && npm start']);
      first = open(start.join('\n'));
      const steps = stepNames.map((name) => new RegExp(`^ +✓ ${name} `));
      await first.until([...steps, /^It works\./], START_MS);
      expect(first.output).not.toContain('✗');
    },
  );

  promise('the second block talks from a second terminal', 6 * COMMAND_MS, async () => {
    const talk = talkOf(second);
    expect(talk.length).toBeGreaterThan(0);
    for (const { command, shows, stays } of talk) {
      const terminal = open(command);
      await terminal.until(shows, COMMAND_MS);
      if (stays) terminal.ctrlC();
      const code = await terminal.end(COMMAND_MS);
      expect(stays ? AFTER_CTRL_C : [0], terminal.output).toContain(code);
    }
  });

  promise('the third block asks the API with a token, and gets alice’s device', COMMAND_MS, async () => {
    const terminal = open(request.join('\n'));
    expect(await terminal.end(COMMAND_MS)).toBe(0);
    const { devices } = JSON.parse(terminal.output) as { devices: unknown[] };
    expect(devices).toEqual([expect.objectContaining({ deviceId: expect.any(String) })]);
  });

  promise('Ctrl-C drains, and leaves nothing running', DRAIN_MS + 30_000, async () => {
    if (first === undefined) throw new Error('nothing was started');
    first.ctrlC();
    const code = await first.end(DRAIN_MS);
    const lastLine = first.output.trimEnd().split('\n').at(-1);
    expect({ code, lastLine }).toEqual({ code: 0, lastLine: 'drained' });
    expect(existsSync(join(clone, '.causeway/endpoints.json'))).toBe(false);
    await eventually(() => expect(processesOf(clone)).toEqual([]));
    expect(await portsTaken(PORT_BASE)).toEqual([]);
  });

  const sampled = whole
    ? 'runs the tests, of which the unit suite is a sample'
    : 'is `npm test`, which runs this';
  promise(`the fourth block ${sampled}`, TESTS_MS, async () => {
    expect(tests).toEqual(['npm ci && npm test']);
    if (!whole) return;
    const terminal = open(`${tests.join('\n')} -- --unit`);
    expect(await terminal.end(TESTS_MS), terminal.output).toBe(0);
    expect(terminal.output.trimEnd().split('\n').at(-1)).toMatch(/^\d+ passed, 0 failed, \d+ skipped$/);
  });
});

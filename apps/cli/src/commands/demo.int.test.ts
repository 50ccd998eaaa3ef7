import { afterAll, expect, it } from 'vitest';
import { DataRoot } from '../fixtures/data-root.js';
import { runCausewayToEnd } from '../fixtures/command.js';
import { stepNames } from '../journey/step.js';

const PORT_BASE = 21_100;
const root = new DataRoot();
afterAll(() => root.remove(PORT_BASE + 20));

const demo = (nodeArgs: readonly string[] = []) =>
  runCausewayToEnd(['--data-root', root.path, 'demo', '--json', '--port-base', `${PORT_BASE}`], { nodeArgs });

interface Report {
  readonly ok: boolean;
  readonly steps: readonly { readonly name: string; readonly ok: boolean; readonly ms: number }[];
}

/** The one line of stdout; anything else there is an error. */
function reportOf(stdout: string): Report {
  expect(stdout).toMatch(/^[^\n]+\n$/);
  return JSON.parse(stdout) as Report;
}

/** Node loads our encoder with two tags exchanged; decoders and everything else stay as they are. */
const swappedTags = `
import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith('/binary-xml/dist/encode.js')) return loaded;
    const swapped = "this.text({ message: 'receipt', receipt: 'message' }[tag] ?? tag);";
    const source = String(loaded.source).replace('this.text(tag);', swapped);
    if (!source.includes(swapped)) throw new Error('the encoder does not look as expected');
    return { ...loaded, source };
  },
});`;

it('carries out the main job, with one line of JSON on stdout', { timeout: 180_000 }, async () => {
  const { code, stdout, stderr } = await demo();
  const { ok, steps } = reportOf(stdout);
  expect({ code, ok, names: steps.map(({ name }) => name) }).toEqual({ code: 0, ok: true, names: stepNames });
  for (const step of steps) expect(step).toEqual({ name: step.name, ok: true, ms: expect.any(Number) });
  expect(stderr).toContain('alice → bob');
  expect(stderr).not.toContain('oidc-provider');
  expect(root.databaseProcess).toBeUndefined();
});

it(
  'fails when our encoder exchanges two tags, for the gatekeeper reads by its own',
  { timeout: 180_000 },
  async () => {
    const { code, stdout, stderr } = await demo([
      '--import',
      `data:text/javascript,${encodeURIComponent(swappedTags)}`,
    ]);
    const { ok, steps } = reportOf(stdout);
    expect({ code, ok }, stderr).toEqual({ code: 1, ok: false });
    expect(steps.map((step) => [step.name, step.ok])).toEqual([
      ['opt-in', true],
      ['enlist', true],
      ['text-out', false],
    ]);
  },
);

import { afterAll, expect, it } from 'vitest';
import { DataRoot } from '../fixtures/data-root.js';
import { runCausewayToEnd } from '../fixtures/command.js';
import { exchangedContentFields, exchangedStanzaTags, loadEdited } from '../fixtures/edited-code.js';
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

it('carries out the main job, with one line of JSON on stdout', { timeout: 180_000 }, async () => {
  const { code, stdout, stderr } = await demo();
  const { ok, steps } = reportOf(stdout);
  expect({ code, ok, names: steps.map(({ name }) => name) }).toEqual({ code: 0, ok: true, names: stepNames });
  for (const step of steps) expect(step).toEqual({ name: step.name, ok: true, ms: expect.any(Number) });
  expect(stderr).toContain('alice → bob');
  expect(stderr).not.toContain('oidc-provider');
  expect(root.databaseProcess).toBeUndefined();
});

// The simulator shares no code with us: it reads by its own dictionary and its own schema, and so notices.
it.each([
  { exchanged: 'two tags of the stanzas', edit: exchangedStanzaTags },
  { exchanged: 'two field numbers of the content', edit: exchangedContentFields },
])('fails when our code exchanges $exchanged', { timeout: 180_000 }, async ({ edit }) => {
  const { code, stdout, stderr } = await demo(loadEdited(edit));
  const { ok, steps } = reportOf(stdout);
  expect({ code, ok }, stderr).toEqual({ code: 1, ok: false });
  expect(steps.map((step) => [step.name, step.ok])).toEqual([
    ['opt-in', true],
    ['enlist', true],
    ['text-out', false],
  ]);
});

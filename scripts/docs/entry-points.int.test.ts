import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const workspace = join(import.meta.dirname, '../..');
const page = readFileSync(join(workspace, 'docs/reference/entry-points.md'), 'utf8');
const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
const examples = [
  ...page.matchAll(/^## (?<title>\S+)\n(?:(?!^## )[\s\S])*?^```js\n(?<program>[\s\S]*?)^```$/gm),
];

/** Runs a program as an outsider would: plain Node from the root, on what the build made. */
function run(program: string): Promise<{ code: number | null; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module'], { cwd: workspace, timeout: 20_000 });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stderr }));
    child.stdin.end(program);
  });
}

it('gives an example of every entry point', () => {
  expect(examples.map(({ groups }) => groups?.['title'])).toEqual(headings);
  expect(headings.length).toBeGreaterThanOrEqual(6);
});

it.each(examples.map(({ groups }) => [groups?.['title'], groups?.['program']]))(
  'runs the example of %s on the build',
  async (_title, program) => {
    const { code, stderr } = await run(program ?? '');
    expect(stderr.replace(/^.*ExperimentalWarning[\s\S]*?\n\(Use .*\n/m, '')).toBe('');
    expect(code).toBe(0);
  },
);

it('fails with an example that is wrong', async () => {
  const { code, stderr } = await run("import { NoSuchThing } from '@causeway/jid';");
  expect(code).not.toBe(0);
  expect(stderr).toContain('NoSuchThing');
});

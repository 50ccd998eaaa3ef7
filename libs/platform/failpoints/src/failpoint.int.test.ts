import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'causeway-failpoints-'));
const file = join(folder, 'armed');
const module = JSON.stringify(new URL('failpoint.ts', import.meta.url).href);

/** Runs a process that passes two points, and says so. */
function run(watch: boolean) {
  const program = `
    const { failpoint, watchFailpoints } = await import(${module});
    ${watch ? `watchFailpoints(${JSON.stringify(file)});` : ''}
    process.on('exit', () => console.log('goodbye'));
    for (const name of ['note.read', 'note.written']) {
      failpoint(name);
      console.log(name);
    }`;
  const flags = ['--no-warnings', '--experimental-transform-types', '--input-type=module', '-e', program];
  const { signal, status, stdout } = spawnSync(process.execPath, flags, { encoding: 'utf8' });
  return { signal, status, said: stdout.trim().split('\n') };
}

describe('a process that passes failpoints', () => {
  beforeEach(() => rmSync(file, { force: true }));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('dies at the one that is armed, before the next step and without goodbye, and disarms it', () => {
    writeFileSync(file, 'note.written');
    expect(run(true)).toEqual({ signal: 'SIGKILL', status: null, said: ['note.read'] });
    expect(existsSync(file)).toBe(false);
    expect(run(true)).toEqual({ signal: null, status: 0, said: ['note.read', 'note.written', 'goodbye'] });
  });

  it('passes those that are not armed', () => {
    writeFileSync(file, 'note.writ');
    expect(run(true)).toMatchObject({ signal: null, status: 0 });
    expect(existsSync(file)).toBe(true);
  });

  it('passes all when it does not watch', () => {
    writeFileSync(file, 'note.written');
    expect(run(false)).toMatchObject({ signal: null, status: 0 });
  });
});

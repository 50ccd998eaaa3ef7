import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fileFilters, wantedEngines } from './wanted-engines.js';

const folder = mkdtempSync(join(tmpdir(), 'causeway-wanted-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('wantedEngines', () => {
  it('starts what the selected files speak of, and nothing else', () => {
    const database = file('a.ts', `createTestDatabase(inject('engines'))`);
    const broker = file('b.ts', `describeWithEngine('kafka', 'x', () => undefined)`);
    const blobs = file('c.ts', `inject('engines').s3`);
    expect(wantedEngines([database])).toEqual(new Set(['postgres']));
    expect(wantedEngines([broker, blobs])).toEqual(new Set(['kafka', 's3']));
    expect(wantedEngines([])).toEqual(new Set());
  });

  it('reads file filters from the command line', () => {
    expect(fileFilters(['node', 'vitest', 'run', '--project', 'int', 'libs/a', '--reporter=/x'])).toEqual([
      'libs/a',
    ]);
  });
});

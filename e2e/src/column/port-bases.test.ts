import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const PORTS_OF_A_COLUMN = 30;
const sources = join(import.meta.dirname, '..');

it('files of tests, which may run beside each other, have ports of their own', () => {
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.test.ts'),
  );
  const bases = files.flatMap((file) => {
    const text = readFileSync(join(sources, file), 'utf8');
    const inFile = [...text.matchAll(/portBase: ([\d_]+)/g)].map(([, base = '']) =>
      Number(base.replace('_', '')),
    );
    return [...new Set(inFile)].map((base) => ({ file, base }));
  });
  expect(bases.length).toBeGreaterThan(20);
  const sorted = bases.toSorted((one, other) => one.base - other.base);
  const tooClose = sorted.filter(
    ({ base }, index) => base - (sorted[index - 1]?.base ?? 0) < PORTS_OF_A_COLUMN,
  );
  expect(tooClose).toEqual([]);
});

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestSpecification, Vitest } from 'vitest/node';
import { expect, it } from 'vitest';
import { LongestFirst, longest } from './longest-first.js';

const workspace = join(import.meta.dirname, '../..');
const project = { name: 'int', config: { isolate: true, sequence: { groupOrder: 0 } } };
const specification = (path: string) =>
  ({ moduleId: join(workspace, path), project }) as unknown as TestSpecification;

it('begins the longest files first, and leaves the others in Vitest’s order', async () => {
  const durations = new Map([
    ['scripts/hygiene.test.ts', 1],
    [longest[1], 2],
    ['scripts/test/options.test.ts', 3],
    [longest[0], 4],
  ]);
  const files = [...durations.keys()].map((path) => specification(path ?? ''));
  const cache = {
    getTestSpecificationResult: ({ moduleId }: TestSpecification) => ({
      failed: false,
      duration: durations.get(moduleId.slice(workspace.length + 1)),
    }),
  };
  const sorted = await new LongestFirst({ cache } as unknown as Vitest).sort(files);
  expect(sorted.map(({ moduleId }) => moduleId.slice(workspace.length + 1))).toEqual([
    longest[0],
    longest[1],
    'scripts/test/options.test.ts',
    'scripts/hygiene.test.ts',
  ]);
});

it('names files that are there', () => {
  expect(longest.filter((path) => !existsSync(join(workspace, path)))).toEqual([]);
});

import { join } from 'node:path';
import { limits, rateLimits } from '@causeway/limits';
import { describe, expect, it } from 'vitest';
import { sourceTexts } from '../docs/typescript-files.js';

const workspace = join(import.meta.dirname, '../..');

/** Bounds that no line of code compares with: what keeps them is how something is built. */
const keptByConstruction: readonly string[] = [
  // A registry holds one by its key.
  'socketsPerDevice',
  'tunnelsPerDevice',
  // The lease and the time between two looks, together: `limits.test.ts` adds them up.
  'closeAfterLostLeaseMs',
];

/** @returns the names of limits that the text reads. */
function readIn(text: string): string[] {
  const direct = [...text.matchAll(/\b(?:limits|rateLimits)\.(\w+)/g)].map(([, name]) => name ?? '');
  const taken = [...text.matchAll(/\{([^{}]*)\} = (?:limits|rateLimits);/g)].flatMap(
    ([, names]) => names?.match(/\w+/g) ?? [],
  );
  return [...direct, ...taken];
}

describe('the table of limits', () => {
  const code = ['libs', 'apps'].flatMap((folder) => sourceTexts(workspace, folder));
  const read = new Set(
    code.filter(({ path }) => !path.includes('platform/limits/')).flatMap(({ text }) => readIn(text)),
  );

  it('has no row that nothing keeps', () => {
    const rows = [...Object.keys(limits), ...Object.keys(rateLimits)];
    expect(rows.filter((name) => !read.has(name)).toSorted()).toEqual([...keptByConstruction].toSorted());
  });

  it('is read as the code reads it', () => {
    expect(
      readIn('if (n > limits.one.value) {\n const { two, three } = limits;\n take(rateLimits.four)'),
    ).toEqual(['one', 'four', 'two', 'three']);
  });
});

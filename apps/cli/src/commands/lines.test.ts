import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { linesOf } from './lines.js';

async function read(chunks: readonly (string | Buffer)[], maxLength = 1000) {
  const lines: (string | undefined)[] = [];
  const input = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  for await (const line of linesOf(input, maxLength)) lines.push(line);
  return lines;
}

it('splits lines wherever the chunks end, inside a character too', async () => {
  const text = '{"text":"Zoë 🚣"}\n\nlast';
  const bytes = Buffer.from(text);
  for (let at = 0; at <= bytes.length; at += 1) {
    expect(await read([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(text.split('\n'));
  }
});

it('gives the lines of any text', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.stringMatching(/^[a-z\n]{1,9}$/), { maxLength: 9 }), async (chunks) => {
      const lines = chunks.join('').split('\n');
      expect(await read(chunks)).toEqual(lines.at(-1) === '' ? lines.slice(0, -1) : lines);
    }),
  );
});

it('drops a line beyond the length, and goes on with the next', async () => {
  expect(await read(['1234', '56789', '0\n', 'next\n12345\n123456'], 5)).toEqual([
    undefined,
    'next',
    '12345',
    undefined,
  ]);
});

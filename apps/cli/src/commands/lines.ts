import type { Readable } from 'node:stream';

/**
 * Reads a stream line by line, never holding more than one line of the allowed length.
 * @param maxLength in UTF-16 units
 * @returns the lines, without their ends; undefined for one that is longer
 */
export async function* linesOf(input: Readable, maxLength: number): AsyncGenerator<string | undefined> {
  let line: string | undefined = '';
  for await (const chunk of input.setEncoding('utf8') as AsyncIterable<string>) {
    const [rest = '', ...whole] = chunk.split('\n').reverse();
    for (const part of whole.reverse()) {
      yield joined(line, part, maxLength);
      line = '';
    }
    line = joined(line, rest, maxLength);
  }
  if (line !== '') yield line;
}

function joined(line: string | undefined, part: string, maxLength: number): string | undefined {
  return line === undefined || line.length + part.length > maxLength ? undefined : line + part;
}

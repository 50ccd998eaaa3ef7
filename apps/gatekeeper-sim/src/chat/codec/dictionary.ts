import { readFileSync } from 'node:fs';

/** Tokens of the compact binary XML: `single` in one byte, `double` in two (page, then index). */
export interface Dictionary {
  readonly single: readonly string[];
  readonly double: readonly (readonly string[])[];
  /** Where to find a token: one number is a single-byte token, two are page and index. */
  readonly index: ReadonlyMap<string, readonly number[]>;
}

/** Builds the look-up table of a dictionary given as parsed JSON. */
export function dictionaryOf(json: { single: string[]; double: string[][] }): Dictionary {
  const index = new Map<string, readonly number[]>();
  json.double.forEach((page, number) => {
    page.forEach((token, position) => {
      if (!index.has(token)) index.set(token, [number, position]);
    });
  });
  // Single-byte tokens win over double-byte ones; position 0 is the empty list and no token.
  json.single.forEach((token, position) => {
    if (position > 0) index.set(token, [position]);
  });
  return { single: json.single, double: json.double, index };
}

/** Reads dictionary version 3 from the data file of this project, or another from `file`. */
export function readDictionary(
  file: URL | string = new URL('../../../data/binary-xml-dictionary-3.json', import.meta.url),
): Dictionary {
  return dictionaryOf(JSON.parse(readFileSync(file, 'utf8')) as { single: string[]; double: string[][] });
}

import { canonicalName } from './name.js';

const MIN_CHARACTERS = 2;
const MAX_CHARACTERS = 64;

/** A user name in the form of `canonicalName`, 2 to 64 characters, with at least one letter: digits would be a number. */
export function canonicalUsername(text: string): string | undefined {
  const name = canonicalName(text);
  if (name === undefined || !/\p{L}/u.test(name)) return undefined;
  const characters = [...name].length;
  return characters >= MIN_CHARACTERS && characters <= MAX_CHARACTERS ? name : undefined;
}

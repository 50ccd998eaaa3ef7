import { isOfOneScript, looksLatin } from './scripts.js';

/** Wide and narrow forms, which keyboards of East Asia give for the same letters. */
const WIDTH_FORMS = /[\uFF00-\uFFEF]/g;

/**
 * Letters, their marks and ASCII digits, joined by single dots, hyphens and underscores: narrower than the
 * IdentifierClass of RFC 8264, which also lets all printable ASCII and the digits of all scripts in.
 */
const NAME = /^[\p{L}0-9]\p{M}*(?:[._-]?[\p{L}0-9]\p{M}*)*$/u;

/**
 * A name by the profile UsernameCaseMapped of RFC 8265, 3.3: width mapping, lower case, NFC. Refused is what the
 * IdentifierClass refuses (compatibility forms, invisible and unassigned characters), and what is easily taken for
 * another name: letters of several scripts, and words that are written in look-alikes of Latin letters.
 * @returns undefined when it is refused
 */
export function canonicalName(text: string): string | undefined {
  const name = text
    .replace(WIDTH_FORMS, (form) => form.normalize('NFKC'))
    .toLowerCase()
    .normalize('NFC');
  // HasCompat of RFC 8264, 9.17, and case pairs that fall together only on a second look.
  if (name.normalize('NFKC').toLowerCase().normalize('NFC') !== name) return undefined;
  if (!NAME.test(name) || /\p{Default_Ignorable_Code_Point}/u.test(name)) return undefined;
  return isOfOneScript(name) && !looksLatin(name) ? name : undefined;
}

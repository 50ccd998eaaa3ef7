import { forbiddenCharacter } from './characters.js';
import { XmlError } from './xml-error.js';

/** `&#x10ffff;` and `&#1114111;`, with room for a few leading zeros. */
export const maxReferenceLength = 16;

const predefined: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/**
 * Replace the references of a text. Only the five predefined entities exist: no stream may declare others.
 *
 * @throws XmlError `malformed` for an unknown entity, an unfinished reference or a character that XML does not have
 */
export function resolveReferences(text: string): string {
  let ampersand = text.indexOf('&');
  if (ampersand < 0) return text;
  let resolved = '';
  let done = 0;
  for (; ampersand >= 0; ampersand = text.indexOf('&', done)) {
    const end = text.indexOf(';', ampersand);
    if (end < 0 || end - ampersand >= maxReferenceLength) throw new XmlError('malformed');
    resolved += text.slice(done, ampersand) + characterOf(text.slice(ampersand + 1, end));
    done = end + 1;
  }
  return resolved + text.slice(done);
}

function characterOf(reference: string): string {
  const character = predefined.get(reference) ?? numbered(reference);
  if (character === undefined) throw new XmlError('malformed');
  return character;
}

function numbered(reference: string): string | undefined {
  const [, hex, decimal] = /^#(?:x([0-9A-Fa-f]+)|([0-9]+))$/.exec(reference) ?? [];
  const digits = hex ?? decimal;
  if (digits === undefined) return undefined;
  const code = Number.parseInt(digits, hex === undefined ? 10 : 16);
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  const character = String.fromCodePoint(code);
  return forbiddenCharacter.test(character) ? undefined : character;
}

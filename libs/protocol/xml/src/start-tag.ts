import { isSpace, nameEnd, skipSpace } from './characters.js';
import { resolveReferences } from './references.js';
import { XmlError } from './xml-error.js';

/** A start tag or an empty-element tag. */
export interface StartTag {
  readonly tag: string;
  readonly attrs: Readonly<Record<string, string>>;
  readonly empty: boolean;
}

// By reference: once any library of the process extends String, V8 looks this method up anew for each character.
const { charCodeAt } = String.prototype;
const quote = 0x22;
const apostrophe = 0x27;
const slash = 0x2f;

/**
 * Read what stands between `<` and `>` of a start tag.
 *
 * @throws XmlError `malformed`, `duplicate_attribute`, `too_many_attributes`
 */
export function readStartTag(source: string, maxAttributes: number): StartTag {
  const empty = charCodeAt.call(source, source.length - 1) === slash;
  const length = empty ? source.length - 1 : source.length;
  let at = nameEnd(source, 0);
  const tag = qualifiedName(source, 0, at);
  const attrs: Record<string, string> = {};
  let count = 0;
  while (at < length) {
    const nameStart = skipSpace(source, at);
    if (nameStart >= length) break;
    // A name directly behind a value or the tag's name is not separated.
    if (nameStart === at) throw new XmlError('malformed');
    at = nameEnd(source, nameStart);
    const name = qualifiedName(source, nameStart, at);
    const valueStart = openingQuote(source, at) + 1;
    at = source.indexOf(source.charAt(valueStart - 1), valueStart);
    if (at < 0) throw new XmlError('malformed');
    if (Object.hasOwn(attrs, name)) throw new XmlError('duplicate_attribute');
    if (++count > maxAttributes) throw new XmlError('too_many_attributes');
    setOwn(attrs, name, attributeValue(source.slice(valueStart, at)));
    at++;
  }
  return { tag, attrs, empty };
}

/** The name of an end tag, from what stands between `</` and `>`. @throws XmlError `malformed` */
export function readEndTag(source: string): string {
  const end = nameEnd(source, 0);
  if (skipSpace(source, end) !== source.length) throw new XmlError('malformed');
  return qualifiedName(source, 0, end);
}

/** Where the value's quote stands, behind `=` and white space. */
function openingQuote(source: string, from: number): number {
  const equals = skipSpace(source, from);
  if (source.charAt(equals) !== '=') throw new XmlError('malformed');
  const at = skipSpace(source, equals + 1);
  const code = charCodeAt.call(source, at);
  if (code !== quote && code !== apostrophe) throw new XmlError('malformed');
  return at;
}

/** At most one colon, with something on both sides that could be a name itself. */
function qualifiedName(source: string, start: number, end: number): string {
  if (end === start) throw new XmlError('malformed');
  const name = source.slice(start, end);
  if (!name.includes(':')) return name;
  const colon = name.indexOf(':');
  if (colon === 0 || name.includes(':', colon + 1) || nameEnd(name, colon + 1) !== name.length) {
    throw new XmlError('malformed');
  }
  if (colon === name.length - 1) throw new XmlError('malformed');
  return name;
}

/** White space that stands for itself becomes a space (XML 1.0, 3.3.3); as a reference it stays what it is. */
function attributeValue(raw: string): string {
  let plain = true;
  for (let at = 0; at < raw.length && plain; at++) {
    const code = charCodeAt.call(raw, at);
    if (code === 0x3c) throw new XmlError('malformed');
    plain = code !== 0x26 && (code === 0x20 || !isSpace(code));
  }
  if (plain) return raw;
  if (raw.includes('<')) throw new XmlError('malformed');
  return resolveReferences(raw.replace(/[\t\n]/g, ' '));
}

function setOwn(attrs: Record<string, string>, name: string, value: string): void {
  if (name !== '__proto__') attrs[name] = value;
  else Object.defineProperty(attrs, name, { value, enumerable: true, writable: true, configurable: true });
}

import type { Jid } from '@causeway/jid';
import { children, type Stanza, textOf } from './stanza.js';
import { XmlError } from './xml-error.js';

const name = /^[A-Za-z_][A-Za-z0-9_.-]*(:[A-Za-z_][A-Za-z0-9_.-]*)?$/;
// Characters that XML 1.0 does not have, in any form.
const forbidden = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;
const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // As references, line ends and tabs survive the parser's normalisation.
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};
const maxDepth = 64;

function escape(text: string, special: RegExp): string {
  if (forbidden.test(text)) throw new XmlError('not_encodable');
  return text.replace(special, (character) => references[character] ?? character);
}

function textOnly(value: string | Jid): string {
  if (typeof value !== 'string') throw new XmlError('not_encodable');
  return value;
}

function checkedName(text: string): string {
  if (!name.test(text)) throw new XmlError('not_encodable');
  return text;
}

/**
 * Write a stanza as XML. Bytes must be UTF-8 text: encode others before. Attributes must be text: an address has the
 * form that the protocol around it gives it.
 *
 * @throws XmlError `not_encodable` for a name or a character that XML does not have and for a JID, `too_deep`
 */
export function serializeXml(element: Stanza): string {
  return write(element, 1);
}

function write(element: Stanza, depth: number): string {
  if (depth > maxDepth) throw new XmlError('too_deep');
  const tag = checkedName(element.tag);
  const attrs = Object.entries(element.attrs)
    .map(([key, value]) => ` ${checkedName(key)}="${escape(textOnly(value), /[&<>"\t\n\r]/g)}"`)
    .join('');
  const content = writeContent(element, depth);
  return content === '' ? `<${tag}${attrs}/>` : `<${tag}${attrs}>${content}</${tag}>`;
}

function writeContent(element: Stanza, depth: number): string {
  const { content } = element;
  if (content === undefined) return '';
  if (typeof content !== 'string' && !(content instanceof Uint8Array)) {
    return children(element)
      .map((inner) => write(inner, depth + 1))
      .join('');
  }
  const text = textOf(element);
  if (text === undefined) throw new XmlError('not_encodable');
  return escape(text, /[&<>\r]/g);
}

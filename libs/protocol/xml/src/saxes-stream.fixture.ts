import { SaxesParser, type SaxesTagNS } from 'saxes';
import { stanza, type Stanza } from './index.js';

interface Open {
  readonly tag: string;
  readonly attrs: Readonly<Record<string, string>>;
  readonly children: Stanza[];
  text: string;
}

class Refusal extends Error {}

/**
 * What another parser makes of a whole stream: the stanzas when the stream is well-formed, restricted as RFC 6120 11.1
 * wants it, and ended; else undefined.
 */
export function stanzasBySaxes(text: string): readonly Stanza[] | undefined {
  const parser = new SaxesParser({ xmlns: true, defaultXMLVersion: '1.0', forceXMLVersion: true });
  const stanzas: Stanza[] = [];
  const open: Open[] = [];
  const refuse = () => {
    throw new Refusal();
  };
  let ended = false;
  let attrs: [string, string][] = [];
  parser.on('error', refuse);
  parser.on('doctype', refuse);
  parser.on('processinginstruction', refuse);
  parser.on('comment', refuse);
  parser.on('xmldecl', ({ encoding }) => {
    if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') refuse();
  });
  parser.on('attribute', ({ name, value }) => attrs.push([name, value]));
  parser.on('opentag', ({ name }: SaxesTagNS) => {
    if (new Set(attrs.map(([key]) => key)).size !== attrs.length) refuse();
    open.push({ tag: name, attrs: Object.fromEntries(attrs), children: [], text: '' });
    attrs = [];
  });
  const onText = (part: string) => {
    const current = open.at(-1);
    if (open.length > 1 && current !== undefined) current.text += part;
    else if (/[^ \t\n]/.test(part)) refuse();
  };
  parser.on('text', onText);
  parser.on('cdata', (part) => {
    if (open.length < 2) refuse();
    onText(part);
  });
  parser.on('closetag', () => {
    const closed = open.pop() as Open;
    const blank = !/[^ \t\n]/.test(closed.text);
    if (closed.children.length > 0 && !blank) refuse();
    const content =
      closed.children.length > 0 ? closed.children : closed.text === '' ? undefined : closed.text;
    const element = stanza(closed.tag, closed.attrs, content);
    if (open.length === 0) ended = true;
    else if (open.length === 1) stanzas.push(element);
    else open.at(-1)?.children.push(element);
  });
  try {
    parser.write(text).close();
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
  return ended ? stanzas : undefined;
}

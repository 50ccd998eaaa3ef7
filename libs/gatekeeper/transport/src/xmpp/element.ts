/// <reference types="./xmpp.js" />
import { formatAddress } from '@causeway/jid';
import { children, type Stanza, stanza } from '@causeway/xml';
import { Element } from '@xmpp/xml';

const sources = new WeakMap<Element, Stanza>();

/**
 * The element that @xmpp routes. It remembers its stanza: elements hold text only, so bytes and JIDs would be lost on the
 * way, and addresses are read from the stanza alone, because @xmpp/jid rewrites them.
 */
export function elementOf(source: Stanza): Element {
  const element = new Element(source.tag, textsOf(source.attrs));
  if (typeof source.content === 'string') element.append(source.content);
  for (const inner of children(source)) element.append(elementOf(inner));
  sources.set(element, source);
  return element;
}

function textsOf(attrs: Stanza['attrs']): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name of Object.keys(attrs)) {
    const value = attrs[name] as Stanza['attrs'][string];
    texts[name] = typeof value === 'string' ? value : formatAddress(value);
  }
  return texts;
}

/** The stanza of an element, of our making or of @xmpp's own. */
export function stanzaOf(element: Element): Stanza {
  return sources.get(element) ?? converted(element);
}

function converted(element: Element): Stanza {
  const elements = element.children.filter((inner) => typeof inner !== 'string');
  const text = element.children.filter((inner) => typeof inner === 'string').join('');
  const content = elements.length > 0 ? elements.map(stanzaOf) : text === '' ? undefined : text;
  return stanza(element.name, element.attrs, content);
}

/// <reference types="./xmpp.js" />
import { children, type Stanza, stanza } from '@causeway/xml';
import { Element } from '@xmpp/xml';

const sources = new WeakMap<Element, Stanza>();

/**
 * The element that @xmpp routes. It remembers its stanza: elements hold text only, so bytes would be lost on the way, and
 * addresses are read from the stanza alone, because @xmpp/jid rewrites them.
 */
export function elementOf(source: Stanza): Element {
  const element = new Element(source.tag, { ...source.attrs });
  if (typeof source.content === 'string') element.append(source.content);
  for (const inner of children(source)) element.append(elementOf(inner));
  sources.set(element, source);
  return element;
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

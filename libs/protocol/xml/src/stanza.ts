import type { Jid } from '@causeway/jid';

/**
 * One element of the wire: an envelope tag, attributes that are text or JIDs, and either child elements, or bytes, or
 * text. Both codecs, binary and text, read into and write from this shape. The binary wire tells a JID from a text that
 * looks like one, so nothing here takes one for the other; XML has text alone.
 */
export interface Stanza {
  readonly tag: string;
  readonly attrs: Readonly<Record<string, string | Jid>>;
  readonly content?: readonly Stanza[] | Uint8Array | string;
}

/** Build a stanza; attributes that are undefined are left out. */
export function stanza(
  tag: string,
  attrs: Readonly<Record<string, string | Jid | undefined>> = {},
  content?: readonly Stanza[] | Uint8Array | string,
): Stanza {
  const present = Object.entries(attrs).filter(
    (entry): entry is [string, string | Jid] => entry[1] !== undefined,
  );
  return { tag, attrs: Object.fromEntries(present), ...(content !== undefined && { content }) };
}

/** The text of an attribute; undefined when there is none, or a JID. */
export function textAttr(element: Stanza | undefined, name: string): string | undefined {
  const value = element?.attrs[name];
  return typeof value === 'string' ? value : undefined;
}

/** The JID of an attribute; undefined when there is none, or text, whatever it looks like. */
export function jidAttr(element: Stanza | undefined, name: string): Jid | undefined {
  const value = element?.attrs[name];
  return typeof value === 'string' ? undefined : value;
}

/** The child elements, all or those with a tag; none when the content is bytes, text or absent. */
export function children(parent: Stanza, tag?: string): readonly Stanza[] {
  const { content } = parent;
  if (content === undefined || typeof content === 'string' || content instanceof Uint8Array) return [];
  return tag === undefined ? content : content.filter((element) => element.tag === tag);
}

/** The first child element with this tag. */
export function child(parent: Stanza, tag: string): Stanza | undefined {
  return children(parent, tag)[0];
}

/** The content as bytes (text as UTF-8); undefined when there is none or it is child elements. */
export function bytesOf(element: Stanza | undefined): Uint8Array | undefined {
  const content = element?.content;
  if (typeof content === 'string') return new TextEncoder().encode(content);
  return content instanceof Uint8Array ? content : undefined;
}

/** The content as text; undefined when there is none, it is child elements, or its bytes are not UTF-8. */
export function textOf(element: Stanza | undefined): string | undefined {
  const content = element?.content;
  if (typeof content === 'string') return content;
  if (!(content instanceof Uint8Array)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return undefined;
  }
}

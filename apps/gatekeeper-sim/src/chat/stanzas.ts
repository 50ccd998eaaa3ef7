import type { Node } from '../seam.js';

/** Where the server's own stanzas come from. */
export const serverJid = 's.whatsapp.net';

/** A stanza; content is left out when there is none. */
export function node(tag: string, attrs: Record<string, string> = {}, content?: Node['content']): Node {
  return content === undefined ? { tag, attrs } : { tag, attrs, content };
}

/** The children of a stanza, with the given tag if one is given; none when it holds bytes or text. */
export function children(parent: Node | undefined, tag?: string): Node[] {
  if (!Array.isArray(parent?.content)) return [];
  return tag === undefined ? parent.content : parent.content.filter((each) => each.tag === tag);
}

export function child(parent: Node | undefined, tag: string): Node | undefined {
  return children(parent, tag)[0];
}

/** Bytes of the child with that tag, when there are exactly `length` of them. */
export function childBytes(parent: Node | undefined, tag: string, length: number): Uint8Array | undefined {
  const bytes = child(parent, tag)?.content;
  return bytes instanceof Uint8Array && bytes.length === length ? bytes : undefined;
}

/** Like childBytes, read as a big-endian number of up to 6 bytes. */
export function childNumber(parent: Node | undefined, tag: string, length: number): number | undefined {
  const bytes = childBytes(parent, tag, length);
  return bytes && Buffer.from(bytes).readUIntBE(0, length);
}

/** A number as big-endian bytes. */
export function numberBytes(value: number, length: number): Uint8Array {
  const bytes = Buffer.alloc(length);
  bytes.writeUIntBE(value, 0, length);
  return bytes;
}

const userPattern = /^\d{5,20}@s\.whatsapp\.net$/;

/** Whether the text addresses one of the gatekeeper's own users. */
export function isUserJid(text: string | undefined): text is string {
  return text !== undefined && userPattern.test(text);
}

/** The ids that a receipt names: its own and those of its list. */
export function receiptIds(receipt: Node): string[] {
  const listed = children(child(receipt, 'list'), 'item').map((item) => item.attrs['id']);
  return [receipt.attrs['id'], ...listed].filter((id) => id !== undefined);
}

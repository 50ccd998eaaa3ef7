import { randomBytes } from 'node:crypto';
import type { Node } from '../../seam.js';

export function childrenOf(node: Node, tag: string): Node[] {
  return Array.isArray(node.content) ? node.content.filter((child) => child.tag === tag) : [];
}

export function childOf(node: Node, tag: string): Node | undefined {
  return childrenOf(node, tag)[0];
}

/** The node's bytes; undefined when it has none, or not exactly `length` of them. */
export function bytesOf(node: Node | undefined, length?: number): Uint8Array | undefined {
  const bytes = node?.content;
  if (!(bytes instanceof Uint8Array)) return undefined;
  return length === undefined || bytes.length === length ? bytes : undefined;
}

/** Big-endian, `length` bytes. */
export function bigEndian(value: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => Math.floor(value / 256 ** (length - 1 - i)) % 256);
}

export function fromBigEndian(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

/** Stanza ids of phones: `3EB0` and 9 random bytes in hexadecimal. */
export function newMessageId(): string {
  return `3EB0${randomBytes(9).toString('hex').toUpperCase()}`;
}

/** The time as stanzas carry it: whole seconds since 1970. */
export function stanzaTime(now: number): string {
  return String(Math.floor(now / 1000));
}

const ACCOUNT = /^\d{1,5}-\d{1,20}(?::\d{1,3})?@interop$/;

/** `{integrator}-{number}@interop` of an account's JID with or without a device; undefined for anything else. */
export function bareAccount(jid: string | undefined): string | undefined {
  return jid !== undefined && ACCOUNT.test(jid) ? jid.replace(/:\d+@/, '@') : undefined;
}

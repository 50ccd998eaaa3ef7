import type { Stanza } from '@causeway/xml';

const KINDS: ReadonlySet<string> = new Set([
  'message',
  'receipt',
  'ack',
  'notification',
  'ib',
  'iq',
  'chatstate',
  'presence',
  'call',
]);

/** @returns the kind of a stanza as metrics name it: its tag, or `other` */
export function kindOf({ tag }: Stanza): string {
  return KINDS.has(tag) ? tag : 'other';
}

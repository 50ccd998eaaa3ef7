import { isServerAddress } from '@causeway/jid';
import { limits } from '@causeway/limits';
import { bytesOf, child, children, stanza, type Stanza, textAttr } from '@causeway/xml';
import { gatekeeper } from './addresses.js';
import { readDecimal } from './numbers.js';

/** Kinds of state that can be stale at once; a gatekeeper names one or two. */
const MOST_DIRTY = 8;

/** What `<ib>` says of the connection. */
export interface Information {
  /** So many stanzas wait. */
  readonly previewed?: number;
  /** All that waited has come. */
  readonly offlineEnded: boolean;
  /** To be sent before the header of the next login, so that it reaches the same servers. */
  readonly edgeRouting?: Uint8Array;
  /** State that the gatekeeper wants to be fetched again: kind and time. */
  readonly dirty: readonly { readonly type: string; readonly timestamp: string }[];
}

/** Reads `<ib>`; children that are not known are left alone. */
export function readInformation(received: Stanza): Information {
  const preview = child(received, 'offline_preview');
  const routing = child(received, 'edge_routing');
  const blob = routing === undefined ? undefined : bytesOf(child(routing, 'routing_info'));
  const fits = blob !== undefined && blob.length > 0 && blob.length <= limits.edgeRoutingBytes.value;
  return {
    ...(preview !== undefined && { previewed: readDecimal(textAttr(preview, 'count')) ?? 0 }),
    offlineEnded: child(received, 'offline') !== undefined,
    ...(fits && { edgeRouting: Uint8Array.from(blob) }),
    dirty: children(received, 'dirty').slice(0, MOST_DIRTY).flatMap(readDirty),
  };
}

function readDirty(dirty: Stanza): { type: string; timestamp: string }[] {
  const type = textAttr(dirty, 'type');
  const timestamp = textAttr(dirty, 'timestamp');
  const known = type !== undefined && /^[a-z_]{1,32}$/.test(type) && readDecimal(timestamp) !== undefined;
  return known && timestamp !== undefined ? [{ type, timestamp }] : [];
}

/** Says that stale state was taken note of: without it the gatekeeper says so again at every login. */
export function buildClean({ type, timestamp }: Information['dirty'][number]): Stanza {
  const clean = stanza('clean', { type, timestamp });
  return stanza('iq', { type: 'set', xmlns: 'urn:xmpp:whatsapp:dirty', to: gatekeeper }, [clean]);
}

/** Whether a stanza comes from the gatekeeper itself, and not from one of its users. */
export function isOfGatekeeper({ attrs: { from } }: Stanza): boolean {
  if (typeof from === 'string') return isServerAddress(from);
  return from === undefined || from.user === '';
}

/** Answers a question of the gatekeeper that nobody here understands. */
export function buildNotImplemented({ attrs: { id, from } }: Stanza): Stanza {
  const error = stanza('error', { code: '501', text: 'feature-not-implemented' });
  return stanza('iq', { type: 'error', id, to: from ?? gatekeeper }, [error]);
}

import type { Block, OutgoingTyping } from '@causeway/contracts/upstream';
import { IncomingTyping } from '@causeway/contracts/downstream';
import { parseAddress } from '@causeway/jid';
import { child, children, stanza, type Stanza, textAttr } from '@causeway/xml';
import { gatekeeper, senderOf } from './addresses.js';
import { readDecimal } from './numbers.js';
import { nack } from './nack.js';
import { StanzaInvalid } from './stanza-invalid.js';

/** Device numbers have two bytes on the wire; an account has few devices. */
const MAX_DEVICE = 65_535;
const MOST_DEVICES = 16;

/** Ends the passive phase of a login: from here on the gatekeeper delivers. */
export function buildActive(): Stanza {
  return stanza('iq', { type: 'set', xmlns: 'passive', to: gatekeeper }, [stanza('active')]);
}

/** Asks for an answer, whatever it is. */
export function buildPing(): Stanza {
  return stanza('iq', { type: 'get', xmlns: 'w:p', to: gatekeeper }, [stanza('ping')]);
}

/** Pulls the next part of the backlog; without it nothing after the primer arrives. */
export function buildOfflineBatch(count: number): Stanza {
  return stanza('ib', {}, [stanza('offline_batch', { count: count.toString() })]);
}

/** Asks the gatekeeper to delete the account; the result confirms. */
export function buildRemoval(): Stanza {
  return stanza('iq', { type: 'set', xmlns: 'w:interop', to: gatekeeper }, [stanza('remove')]);
}

/** Puts somebody on the account's block list, or takes them off. @throws {JidError} */
export function buildBlock(block: Block): Stanza {
  const item = stanza('item', { action: block.action, jid: parseAddress(block.peer) });
  return stanza('iq', { type: 'set', xmlns: 'blocklist', to: gatekeeper }, [item]);
}

/** Asks which devices somebody has. @throws {JidError} */
export function buildDevicesQuery(peer: string, sid: string): Stanza {
  const attrs = { sid, mode: 'query', last: 'true', index: '0', context: 'message' };
  return stanza('iq', { type: 'get', xmlns: 'usync', to: gatekeeper }, [
    stanza('usync', attrs, [
      stanza('query', {}, [stanza('devices', { version: '2' })]),
      stanza('list', {}, [stanza('user', { jid: parseAddress(peer) })]),
    ]),
  ]);
}

/** @returns the device numbers in the answer of a devices query; empty when the user is unknown. */
export function readDevices(answer: Stanza): number[] {
  const list = descend(answer, 'usync', 'list');
  const [user] = list === undefined ? [] : children(list, 'user');
  const devices = user === undefined ? undefined : descend(user, 'devices', 'device-list');
  if (devices === undefined) return [];
  return children(devices, 'device')
    .map((device) => readDecimal(textAttr(device, 'id')))
    .filter((id): id is number => id !== undefined && id <= MAX_DEVICE)
    .slice(0, MOST_DEVICES);
}

/** `<chatstate to><composing/></chatstate>` @throws {JidError} */
export function buildTyping(typing: OutgoingTyping): Stanza {
  return stanza('chatstate', { to: parseAddress(typing.to) }, [stanza(typing.state)]);
}

/** @throws {StanzaInvalid} when the state is neither composing nor paused, or the sender is text */
export function readTyping(received: Stanza): IncomingTyping {
  const state = children(received)[0]?.tag;
  const parsed = IncomingTyping.safeParse({ from: senderOf(received), state });
  if (!parsed.success) throw new StanzaInvalid(nack.parsing);
  return parsed.data;
}

function descend(from: Stanza, ...tags: string[]): Stanza | undefined {
  return tags.reduce<Stanza | undefined>((at, tag) => (at === undefined ? undefined : child(at, tag)), from);
}

import type { Account } from '../accounts/account.js';
import { seconds } from '../clock.js';
import type { Exchange } from '../exchange.js';
import type { Node } from '../seam.js';
import { child, children, isUserJid, node } from './stanzas.js';

/** Errors in the acknowledgement of a message. */
const errors = { unknownUser: '404', notAllowed: '479' };

const longestId = 128;

/**
 * Takes a message of an account: hands it to the user it names and returns the acknowledgement, with `error`
 * when it went nowhere. A message known by its id is acknowledged again and handed over once.
 */
export function takeMessage(exchange: Exchange, account: Account, message: Node): Node {
  const { id = '', to = '' } = message.attrs;
  const acknowledge = (error?: string) => {
    if (error !== undefined) exchange.records.count('messagesRefused');
    const attrs = { class: 'message', id, from: to, t: seconds(exchange.clock) };
    return node('ack', error === undefined ? attrs : { ...attrs, error });
  };
  exchange.records.count('messagesIn');
  if (id === '' || id.length > longestId) return acknowledge(errors.notAllowed);
  if (!isUserJid(to) || !exchange.user(to)) return acknowledge(errors.unknownUser);
  const content = contentFor(message, to);
  if (!content) return acknowledge(errors.notAllowed);
  if (exchange.dedupesById) {
    if (account.messageIds.has(id)) {
      exchange.records.count('messagesRepeated');
      return acknowledge();
    }
    account.messageIds.add(id);
  }
  const acknowledgement = acknowledge();
  // The acknowledgement leaves before anything the user answers.
  queueMicrotask(() =>
    exchange.toUser(account, to, { tag: 'message', attrs: forwarded(exchange, account, message), content }),
  );
  return acknowledgement;
}

/** Hands a receipt or chatstate of an account to the user it names, if there is one. */
export function passToUser(exchange: Exchange, account: Account, stanza: Node): void {
  const { to } = stanza.attrs;
  if (!isUserJid(to)) return;
  const passed: Node = { ...stanza, attrs: forwarded(exchange, account, stanza) };
  queueMicrotask(() => exchange.toUser(account, to, passed));
}

function forwarded(exchange: Exchange, account: Account, stanza: Node): Record<string, string> {
  const attrs: Record<string, string> = { ...stanza.attrs, from: account.jid, t: seconds(exchange.clock) };
  delete attrs['to'];
  return attrs;
}

/** What the user gets to see: the ciphertexts, also when the client addressed them per device. */
function contentFor(message: Node, to: string): Node[] | undefined {
  const own = children(message).filter((each) => each.tag !== 'participants');
  const listed = children(child(message, 'participants'), 'to').filter((each) => each.attrs['jid'] === to);
  const content = [...own, ...listed.flatMap((each) => children(each))];
  return content.some((each) => each.tag === 'enc' && each.content instanceof Uint8Array)
    ? content
    : undefined;
}

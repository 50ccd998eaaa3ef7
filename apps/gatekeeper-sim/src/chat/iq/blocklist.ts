import { createHash } from 'node:crypto';
import { child, isUserJid, node } from '../stanzas.js';
import { badRequest, type Answer, type Query } from './query.js';

/** Namespace `blocklist`: whom the account does not want to hear from. */
export function answerBlocklist({ iq, type, account, exchange }: Query): Answer {
  const { blocked } = account;
  if (type === 'set') {
    const { jid, action } = child(iq, 'item')?.attrs ?? {};
    if (!isUserJid(jid)) return badRequest;
    if (action === 'block') {
      if (blocked.size >= exchange.limits.blocked && !blocked.has(jid)) return { error: '406' };
      blocked.add(jid);
    } else if (action === 'unblock') blocked.delete(jid);
    else return badRequest;
  }
  const jids = [...blocked].sort();
  const dhash = createHash('sha256').update(jids.join()).digest('hex').slice(0, 16);
  return {
    result: [
      node(
        'list',
        { dhash },
        jids.map((jid) => node('item', { jid })),
      ),
    ],
  };
}

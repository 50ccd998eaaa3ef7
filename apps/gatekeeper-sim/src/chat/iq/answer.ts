import type { Node } from '../../seam.js';
import { child, node, serverJid } from '../stanzas.js';
import { answerBlocklist } from './blocklist.js';
import { answerEncrypt } from './encrypt.js';
import { badRequest, type Answer, type Query } from './query.js';
import { answerUsync } from './usync.js';

const empty: Answer = { result: [] };

/** Handlers by namespace. What ends or starts something on the connection, the session does afterwards. */
const namespaces = new Map<string, (query: Query) => Answer>([
  ['w:p', () => empty],
  ['passive', ({ iq }) => (child(iq, 'active') || child(iq, 'passive') ? empty : badRequest)],
  ['encrypt', answerEncrypt],
  ['usync', answerUsync],
  ['blocklist', answerBlocklist],
  ['w:interop', ({ iq, type }) => (type === 'set' && child(iq, 'remove') ? empty : badRequest)],
]);

const texts = { '400': 'bad-request', '404': 'item-not-found', '406': 'not-acceptable' };

/** The answer to a query of an account, and whether it was granted; nothing for a reply to one of ours. */
export function answerQuery(query: Omit<Query, 'type'>): { reply: Node; granted: boolean } | undefined {
  const { id, type, xmlns = '' } = query.iq.attrs;
  if (type !== 'get' && type !== 'set') return undefined;
  const answer = id === undefined ? badRequest : (namespaces.get(xmlns)?.({ ...query, type }) ?? badRequest);
  const attrs = { from: serverJid, id: id ?? '' };
  if ('result' in answer) {
    const content = answer.result.length > 0 ? answer.result : undefined;
    return { reply: node('iq', { ...attrs, type: 'result' }, content), granted: true };
  }
  const error = node('error', { code: answer.error, text: texts[answer.error] });
  return { reply: node('iq', { ...attrs, type: 'error' }, [error]), granted: false };
}

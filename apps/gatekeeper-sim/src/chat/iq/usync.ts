import { child, children, isUserJid, node } from '../stanzas.js';
import { badRequest, type Answer, type Query } from './query.js';

const mostUsers = 256;

/** Namespace `usync`: the devices of users. The gatekeeper's own users have one, number 0. */
export function answerUsync({ iq, type, exchange }: Query): Answer {
  const usync = child(iq, 'usync');
  const wanted = children(child(usync, 'list'), 'user');
  const asksDevices = child(child(usync, 'query'), 'devices') !== undefined;
  if (type !== 'get' || !asksDevices || wanted.length === 0 || wanted.length > mostUsers) return badRequest;
  const users = wanted.map(({ attrs: { jid = '' } }) => {
    const known = isUserJid(jid) && exchange.user(jid) !== undefined;
    const devices = known
      ? node('device-list', {}, [node('device', { id: '0' })])
      : node('error', { code: '404', text: 'item-not-found' });
    return node('user', { jid }, [node('devices', {}, [devices])]);
  });
  const { sid } = usync?.attrs ?? {};
  const attrs = { ...(sid !== undefined && { sid }), index: '0', last: 'true' };
  return { result: [node('usync', attrs, [node('result', {}, [node('devices')]), node('list', {}, users)])] };
}

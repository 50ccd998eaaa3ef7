import { child, children, stanza, type Stanza } from '@causeway/xml';
import { UpstreamError } from '../../upstream-error.js';
import { ns } from '../namespaces.js';
import { addressIn } from './addresses.js';

/**
 * A session's query as this protocol asks it: an IQ, or the stanza whose sending is all there is to it.
 *
 * @throws UpstreamError `not_supported` for questions about prekeys, devices and everything else that is not known here
 */
export type Translated = { readonly query: Stanza } | { readonly announce: true };

export function translateQuery(given: Stanza, domain: string): Translated {
  const { xmlns, type } = given.attrs;
  switch (xmlns) {
    case 'passive':
      if (child(given, 'active') !== undefined) return { announce: true };
      break;
    case 'w:p':
    case ns.ping:
      return { query: iq('get', { to: domain }, stanza('ping', { xmlns: ns.ping })) };
    case 'blocklist':
      return { query: iq('set', {}, block(given)) };
    case 'w:interop':
      if (type === 'set' && child(given, 'remove') !== undefined) {
        return { query: iq('set', {}, stanza('query', { xmlns: ns.register }, [stanza('remove')])) };
      }
  }
  throw new UpstreamError('not_supported');
}

function iq(type: 'get' | 'set', attrs: Readonly<Record<string, string>>, content: Stanza): Stanza {
  return stanza('iq', { ...attrs, type }, [content]);
}

function block(given: Stanza): Stanza {
  const items = children(given, 'item');
  const [item] = items;
  const action = item?.attrs['action'];
  const jid = addressIn(item, 'jid');
  if (items.length !== 1 || jid === undefined || (action !== 'block' && action !== 'unblock')) {
    throw new UpstreamError('not_supported');
  }
  return stanza(action, { xmlns: ns.blocking }, [stanza('item', { jid })]);
}

/** The answer to a question of the server or of a peer (RFC 6120, 8.2.3): a ping is answered, everything else refused. */
export function answerTo(asked: Stanza): Stanza {
  const { id, from: to } = asked.attrs;
  const known =
    asked.attrs['type'] === 'get' && children(asked, 'ping').some(({ attrs }) => attrs['xmlns'] === ns.ping);
  if (known) return stanza('iq', { id, to, type: 'result' });
  const condition = stanza('service-unavailable', { xmlns: ns.stanzas });
  return stanza('iq', { id, to, type: 'error' }, [stanza('error', { type: 'cancel' }, [condition])]);
}

import { createHash } from 'node:crypto';
import { isSignedBy } from '../../accounts/signed-prekey.js';
import type { KeyBundle, Node } from '../../seam.js';
import { child, childBytes, childNumber, children, isUserJid, node, numberBytes } from '../stanzas.js';
import { badRequest, type Answer, type Query } from './query.js';

const curveType = Uint8Array.of(5);
const mostUsers = 256;

/** Namespace `encrypt`: upload, count, rotate and compare own keys, fetch those of users. */
export function answerEncrypt(query: Query): Answer {
  const { iq, type } = query;
  if (type === 'set') return child(iq, 'rotate') ? rotate(query) : upload(query);
  if (child(iq, 'count')) {
    return { result: [node('count', { value: String(query.account.preKeys.count) })] };
  }
  if (child(iq, 'digest')) return digest(query);
  return child(iq, 'key') ? bundles(query) : badRequest;
}

function upload({ iq, account }: Query): Answer {
  const identity = childBytes(iq, 'identity', 32);
  const type = childBytes(iq, 'type', 1);
  const registration = childNumber(iq, 'registration', 4);
  if (!identity || type?.[0] !== 5 || registration === undefined) return badRequest;
  // The identity is the enlisted one; another needs a new enlistment.
  const same = Buffer.compare(identity, account.keys.identityKey) === 0;
  if (!same || registration !== account.keys.registrationId) return { error: '406' };
  const keys = children(child(iq, 'list'), 'key').map((key) => ({
    id: childNumber(key, 'id', 3) ?? 0,
    key: childBytes(key, 'value', 32),
  }));
  const whole = keys.flatMap(({ id, key }) => (id > 0 && key ? [{ id, key }] : []));
  if (whole.length !== keys.length) return badRequest;
  const skey = child(iq, 'skey');
  const signed = skey && readSignedPreKey(skey, identity);
  if (skey && !signed) return badRequest;
  if (!account.preKeys.add(whole)) return { error: '406' };
  if (signed) account.keys = { ...account.keys, signedPreKey: signed };
  return { result: [] };
}

function rotate({ iq, account }: Query): Answer {
  const signed = readSignedPreKey(child(child(iq, 'rotate'), 'skey'), account.keys.identityKey);
  if (!signed) return badRequest;
  account.keys = { ...account.keys, signedPreKey: signed };
  return { result: [] };
}

function readSignedPreKey(
  skey: Node | undefined,
  identity: Uint8Array,
): KeyBundle['signedPreKey'] | undefined {
  const id = childNumber(skey, 'id', 3);
  const key = childBytes(skey, 'value', 32);
  const signature = childBytes(skey, 'signature', 64);
  if (id === undefined || !key || !signature || !isSignedBy(identity, key, signature)) return undefined;
  return { id, key, signature };
}

/** SHA-1 over identity, signed prekey, its signature and each one-time prekey in the listed order. */
function digest({ account }: Query): Answer {
  const { keys, preKeys } = account;
  const { signedPreKey } = keys;
  const hash = createHash('sha1')
    .update(keys.identityKey)
    .update(signedPreKey.key)
    .update(signedPreKey.signature);
  for (const id of preKeys.ids) hash.update(preKeys.keyOf(id) as Uint8Array);
  const content = [
    ...publicKeys({ ...keys }),
    node(
      'list',
      {},
      preKeys.ids.map((id) => node('id', {}, numberBytes(id, 3))),
    ),
    node('hash', {}, hash.digest()),
  ];
  return { result: [node('digest', {}, content)] };
}

function bundles({ iq, exchange, account }: Query): Answer {
  const wanted = children(child(iq, 'key'), 'user');
  if (wanted.length === 0 || wanted.length > mostUsers) return badRequest;
  const users = wanted.map(({ attrs: { jid = '' } }) => {
    const user = isUserJid(jid) ? exchange.user(jid) : undefined;
    if (!user) return node('user', { jid }, [node('error', { code: '404', text: 'item-not-found' })]);
    account.peers.add(jid);
    const bundle = user.takeBundle();
    const preKey = bundle.preKey && keyNode('key', bundle.preKey);
    return node('user', { jid }, [...publicKeys(bundle), ...(preKey ? [preKey] : [])]);
  });
  return { result: [node('list', {}, users)] };
}

function publicKeys(keys: Omit<KeyBundle, 'preKey'>): Node[] {
  const { signedPreKey } = keys;
  const signature = node('signature', {}, signedPreKey.signature);
  return [
    node('registration', {}, numberBytes(keys.registrationId, 4)),
    node('type', {}, curveType),
    node('identity', {}, keys.identityKey),
    keyNode('skey', signedPreKey, signature),
  ];
}

function keyNode(tag: string, key: { id: number; key: Uint8Array }, ...more: Node[]): Node {
  return node(tag, {}, [node('id', {}, numberBytes(key.id, 3)), node('value', {}, key.key), ...more]);
}

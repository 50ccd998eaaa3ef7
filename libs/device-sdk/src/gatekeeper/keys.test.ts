import { parseAddress } from '@causeway/jid';
import { child, children, stanza, type Stanza } from '@causeway/xml';
import { describe, expect, it } from 'vitest';
import {
  bundleIn,
  bundleQuery,
  numberIn,
  preKeyCount,
  preKeyUpload,
  retryBundle,
  retryElements,
} from './keys.js';

const bytes = (length: number, fill: number) => Uint8Array.from(Buffer.alloc(length, fill));
const base64 = (length: number, fill: number) => Buffer.alloc(length, fill).toString('base64');
const server = parseAddress('s.whatsapp.net');
const peer = '7-1@interop';
const peerJid = parseAddress(peer);

const id = (...value: number[]) => stanza('id', {}, Uint8Array.from(value));
const value = (length = 32, fill = 4) => stanza('value', {}, bytes(length, fill));
const signature = stanza('signature', {}, bytes(64, 3));
const parts = {
  registration: stanza('registration', {}, Uint8Array.of(1, 2, 3, 4)),
  identity: stanza('identity', {}, bytes(32, 1)),
  skey: stanza('skey', {}, [id(1, 2, 3), value(32, 2), signature]),
  key: stanza('key', {}, [id(0, 0, 7), value()]),
};
const bundle = {
  registrationId: 0x01020304,
  identityKey: base64(32, 1),
  signedPreKey: { id: 0x010203, key: base64(32, 2), signature: base64(64, 3) },
  preKey: { id: 7, key: base64(32, 4) },
};

it('one-time prekeys are handed over with all that a peer needs, numbers big-endian', () => {
  const pair = (number: number, fill: number) => {
    return { id: number, publicKey: bytes(32, fill), privateKey: bytes(32, 99) };
  };
  const identity = { ...pair(0, 1), registrationId: 0x01020304 };
  const upload = preKeyUpload(identity, { ...pair(0x010203, 2), signature: bytes(64, 3) }, [
    pair(7, 4),
    pair(0xffffff, 5),
  ]);
  expect(upload.attrs).toEqual({ type: 'set', xmlns: 'encrypt', to: server });
  expect(children(upload).map(({ tag }) => tag)).toEqual([
    'registration',
    'type',
    'identity',
    'list',
    'skey',
  ]);
  expect(child(upload, 'registration')?.content).toEqual(Buffer.from([1, 2, 3, 4]));
  expect(child(upload, 'type')?.content).toEqual(Uint8Array.of(5));
  const listed = children(child(upload, 'list') as Stanza, 'key');
  expect(listed.map((key) => numberIn(child(key, 'id')))).toEqual([7, 0xffffff]);
  // Of no key the private half.
  expect(JSON.stringify(upload)).not.toContain('99');
});

it('asks for a count, and for a bundle by the peer', () => {
  expect(preKeyCount()).toEqual(
    stanza('iq', { type: 'get', xmlns: 'encrypt', to: server }, [stanza('count')]),
  );
  expect(bundleQuery(peer)).toEqual(
    stanza('iq', { type: 'get', xmlns: 'encrypt', to: server }, [
      stanza('key', {}, [stanza('user', { jid: peerJid })]),
    ]),
  );
});

describe('the bundle of a peer', () => {
  const answer = (...content: Stanza[]) =>
    stanza('iq', { type: 'result' }, [stanza('list', {}, [stanza('user', { jid: peerJid }, content)])]);
  const { registration, identity, skey, key } = parts;

  it('is read, with or without a one-time prekey', () => {
    expect(bundleIn(answer(registration, identity, skey, key))).toEqual(bundle);
    const { preKey: _, ...without } = bundle;
    expect(bundleIn(answer(registration, identity, skey))).toEqual(without);
  });

  it.each<[string, Stanza]>([
    ['an answer without users', stanza('iq', { type: 'result' }, [stanza('list')])],
    ['an answer without anything', stanza('iq', { type: 'result' })],
    ['an error in the place of keys', answer(registration, identity, skey, stanza('error', { code: '404' }))],
    ['no registration', answer(identity, skey)],
    ['an identity of another length', answer(registration, stanza('identity', {}, bytes(33, 1)), skey)],
    ['an identity that is no bytes', answer(registration, stanza('identity', {}, [stanza('x')]), skey)],
    [
      'a signed prekey without a signature',
      answer(registration, identity, stanza('skey', {}, [id(1), value()])),
    ],
    [
      'a signature of another length',
      answer(
        registration,
        identity,
        stanza('skey', {}, [id(1), value(), stanza('signature', {}, bytes(63, 3))]),
      ),
    ],
    [
      'a one-time prekey of another length',
      answer(registration, identity, skey, stanza('key', {}, [id(1), value(31)])),
    ],
    ['a number without bytes', answer(registration, identity, skey, stanza('key', {}, [id(), value()]))],
    [
      'a number without end',
      answer(registration, identity, skey, stanza('key', {}, [id(1, 2, 3, 4, 5, 6, 7), value()])),
    ],
  ])('is none where there is %s', (_name, given) => expect(bundleIn(given)).toBeUndefined());
});

describe('the keys of a request to send again', () => {
  it('are read as they were written', () => {
    const receipt = stanza('receipt', {}, retryElements(bundle.registrationId, bundle));
    expect(retryBundle(receipt)).toEqual(bundle);
  });

  it('are left out where there are none, and none where they are not whole', () => {
    expect(retryBundle(stanza('receipt', {}, retryElements(1, undefined)))).toBeUndefined();
    const { identity, key } = parts;
    expect(
      retryBundle(stanza('receipt', {}, [parts.registration, stanza('keys', {}, [identity, key])])),
    ).toBe(undefined);
  });
});

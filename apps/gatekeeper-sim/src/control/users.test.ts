import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { eventually, NOW, stanzaAt } from '../../test/conversation.js';
import { SmallExchange } from '../../test/small-exchange.js';
import { Phones } from '../users/phones.js';
import { userPaths } from './users-openapi.js';
import { REQUEST_BYTES } from './users-requests.js';
import { registerUserRoutes } from './users.js';

type Body = Record<string, unknown>;

function control(capacity = 3) {
  const exchange = new SmallExchange();
  const phones = new Phones({ switchboard: exchange, clock: { now: () => NOW }, capacity });
  const app = Fastify();
  registerUserRoutes(app, phones);
  const call = async (method: 'GET' | 'POST', url: string, payload?: Body | string) => {
    const headers = payload === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await app.inject({
      method,
      url: `/control/users${url}`,
      headers,
      ...(payload !== undefined && { payload }),
    });
    return { status: answer.statusCode, body: (answer.body === '' ? {} : answer.json()) as Body };
  };
  return { exchange, phones, app, call, account: exchange.enlist('1-42@interop') };
}

const BOB = { number: '4915550001', name: 'Bob' };
const PDF = Buffer.from('%PDF-1.7').toString('base64');

describe('the control API of phones', () => {
  it('creates and lists phones, and connects them', async () => {
    const { call, exchange } = control();
    const bob = { ...BOB, jid: '4915550001@s.whatsapp.net' };
    expect(await call('POST', '', BOB)).toEqual({ status: 201, body: bob });
    expect(await call('GET', '')).toEqual({ status: 200, body: { users: [bob] } });
    expect([...exchange.users.keys()]).toEqual([bob.jid]);
    expect(await call('POST', '', BOB)).toMatchObject({ status: 409, body: { code: 'number_taken' } });
  });

  it('makes a phone send, type, read and reinstall, and shows what it received', async () => {
    const { call, phones, account, exchange } = control();
    await call('POST', '', BOB);
    const phone = phones.get(BOB.number);
    const bundle = phone.takeBundle();
    const received = await account.message(phone.jid, { conversation: 'hi' }, { bundle });
    phone.receive(received);
    const { id } = received.attrs;
    await eventually(() => phone.received()[0]);
    const to = 'alice@example.org';
    const send = async (body: Body) => (await call('POST', '/4915550001/send', { to, ...body })).body.id;
    const sent = [
      await send({ kind: 'text', text: 'a' }),
      await send({ kind: 'reply', text: 'b', id }),
      await send({ kind: 'reaction', text: '👍', id }),
      await send({ kind: 'image', text: 'look', file: PDF, thumbnail: PDF, width: 4, height: 3 }),
      await send({ kind: 'voice', file: PDF, seconds: 3 }),
      await send({ kind: 'video', file: PDF, seconds: 5 }),
      await send({ kind: 'document', file: PDF, fileName: 'a.pdf', mimetype: 'application/pdf' }),
    ];
    const contents = [];
    for (let n = 0; n < sent.length; n += 1)
      contents.push(await account.read(await stanzaAt(account, 'message', undefined, n)));
    expect(contents).toMatchObject([
      { conversation: 'a' },
      { extendedTextMessage: { text: 'b', contextInfo: { stanzaId: id } } },
      { reactionMessage: { text: '👍', key: { id, fromMe: false } } },
      { imageMessage: { caption: 'look', mimetype: 'image/jpeg', width: 4, height: 3 } },
      { audioMessage: { ptt: true, seconds: 3, mimetype: 'audio/ogg; codecs=opus' } },
      { videoMessage: { seconds: 5, mimetype: 'video/mp4' } },
      { documentMessage: { fileName: 'a.pdf', mimetype: 'application/pdf', fileLength: 8 } },
    ]);
    expect((await call('POST', '/4915550001/typing', { to, state: 'composing' })).status).toBe(204);
    expect((await stanzaAt(account, 'chatstate')).content).toEqual([{ tag: 'composing', attrs: {} }]);
    expect((await call('POST', '/4915550001/read', { id })).status).toBe(204);
    expect((await stanzaAt(account, 'receipt', 'read')).attrs.id).toBe(id);
    expect((await call('POST', '/4915550001/rotate-identity')).status).toBe(204);
    expect(exchange.identityChanges).toEqual([phone.jid]);
    expect(phone.takeBundle().identityKey).not.toEqual(bundle.identityKey);
    expect((await call('GET', '/4915550001/received')).body).toEqual({
      messages: [{ id, from: account.jid, kind: 'text', text: 'hi', at: NOW }],
      refusals: [],
      typing: [],
      identityChanges: [],
    });
    const { receipts } = (await call('GET', '/4915550001/receipts')).body;
    expect(receipts).toEqual(sent.map((each) => ({ id: each, to: account.jid, sentAt: NOW, retries: 0 })));
  });

  it.each<[string, Body | string, number, string]>([
    ['', { number: 'abc' }, 400, 'request_invalid'],
    ['', { number: '4915550009', nmae: 'x' }, 400, 'request_invalid'],
    ['', '{', 400, 'request_invalid'],
    ['', '[]', 400, 'request_invalid'],
    ['/4915550001/send', { to: 'alice@example.org', kind: 'sticker' }, 400, 'request_invalid'],
    ['/4915550001/send', { to: 'alice@example.org', kind: 'text' }, 400, 'request_invalid'],
    ['/4915550001/send', { to: 'alice@example.org', kind: 'reply', text: 'a' }, 400, 'request_invalid'],
    ['/4915550001/send', { to: 'alice@example.org', kind: 'document', file: PDF }, 400, 'request_invalid'],
    ['/4915550001/send', { to: 'alice@example.org', kind: 'image', file: 'a*b=' }, 400, 'file_invalid'],
    [
      '/4915550001/send',
      { to: 'alice@example.org', kind: 'text', text: 'a'.repeat(65_537) },
      400,
      'request_invalid',
    ],
    ['/4915550001/send', { to: 'mallory@example.org', kind: 'text', text: 'a' }, 404, 'unknown_recipient'],
    [
      '/4915550001/send',
      { to: 'alice@example.org', kind: 'reaction', text: 'a', id: 'x' },
      404,
      'unknown_target',
    ],
    ['/4915550001/send', { to: '1-43@interop', kind: 'text', text: 'a' }, 409, 'no_keys'],
    ['/4915550001/typing', { to: 'alice@example.org', state: 'singing' }, 400, 'request_invalid'],
    ['/4915550001/read', { id: 'x' }, 404, 'unknown_target'],
    ['/4915550009/read', { id: 'x' }, 404, 'unknown_user'],
    ['/..%2f/read', { id: 'x' }, 400, 'request_invalid'],
  ])('refuses POST %s %j', async (url, body, status, code) => {
    const { call } = control();
    await call('POST', '', BOB);
    expect(await call('POST', url, body)).toMatchObject({
      status,
      body: { code, message: expect.any(String) },
    });
  });

  it('refuses a request beyond its bytes, and a phone beyond the capacity', async () => {
    const { call } = control(1);
    await call('POST', '', BOB);
    const file = 'A'.repeat(REQUEST_BYTES);
    const large = await call('POST', '/4915550001/send', { to: '1-42@interop', kind: 'image', file });
    expect(large).toMatchObject({ status: 413, body: { code: 'request_invalid' } });
    expect(await call('POST', '', { number: '4915550002' })).toMatchObject({
      status: 503,
      body: { code: 'users_full' },
    });
  });

  it('answers a fault of its own without its text', async () => {
    const { call, phones } = control();
    await call('POST', '', BOB);
    phones.get(BOB.number).received = () => {
      throw new Error('secret');
    };
    const answer = await call('GET', '/4915550001/received');
    expect(answer).toEqual({ status: 500, body: { code: 'internal', message: 'The request failed.' } });
  });

  it('documents every route', async () => {
    const { app } = control();
    await app.ready();
    for (const [path, methods] of Object.entries(userPaths)) {
      const url = path.replace('{number}', ':number');
      for (const method of ['get', 'post'] as const) {
        expect([path, method, app.hasRoute({ url, method: method.toUpperCase() as 'GET' })]).toEqual([
          path,
          method,
          method in methods,
        ]);
      }
    }
    expect(Object.keys(userPaths)).toHaveLength(7);
  });
});

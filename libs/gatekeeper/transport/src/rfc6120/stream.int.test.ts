import { parseAddress } from '@causeway/jid';
import { stanza } from '@causeway/xml';
import { afterEach, describe, expect, it } from 'vitest';
import { codeOf, eventually, settled } from '../testing/test-client.js';
import { TestClock } from '../testing/test-clock.js';
import { newXmppClient, type XmppClient } from '../testing/xmpp-client.fixture.js';
import { dialTo, XmppServer, type Script } from '../testing/xmpp-server.fixture.js';
import type { Rfc6120ConnectionOptions, Rfc6120Limits } from '../index.js';

let server: XmppServer;
afterEach(() => server.stop());

async function online(
  script: Partial<Script> = {},
  changes: Partial<Rfc6120ConnectionOptions> = {},
  limits: Partial<Rfc6120Limits> = {},
): Promise<XmppClient> {
  server = await XmppServer.start(script);
  const client = newXmppClient(server, changes, limits);
  await client.connection.connect();
  return client;
}

const someone = parseAddress('a@b');
const signal = 'xmlns="urn:causeway:signal:1"';
const message = (id: string, content = `<signal ${signal} v="2" type="msg">AAAA</signal>`) =>
  `<message id="${id}" from="a@b/c" type="chat">${content}<request xmlns="urn:xmpp:receipts"/></message>`;
const streamError = (condition: string, content = '') =>
  `<stream:error><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-streams">${content}</${condition}></stream:error>`;

describe('a server that is hostile, or broken', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['a document type', '<!DOCTYPE a><message/>', 'wire_broken'],
    [
      'a bomb of entities',
      '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><message>&c;</message>',
      'wire_broken',
    ],
    ['an unknown entity', '<message><body>&evil;</body></message>', 'wire_broken'],
    ['a comment', '<!-- <message/> -->', 'wire_broken'],
    ['a processing instruction', '<?php x?>', 'wire_broken'],
    ['bytes that are no UTF-8', Buffer.of(0x3c, 0x61, 0x3e, 0xc3, 0x28), 'wire_broken'],
    ['an attribute twice', '<message from="a" from="b"/>', 'wire_broken'],
    ['an end for another element', '<message></iq>', 'wire_broken'],
    ['an acknowledgement of what was not sent', '<a xmlns="urn:xmpp:sm:3" h="99"/>', 'wire_broken'],
    ['an acknowledgement without end', '<a xmlns="urn:xmpp:sm:3" h="Infinity"/>', 'wire_broken'],
    ['an agreement a second time', '<enabled xmlns="urn:xmpp:sm:3" id="x"/>', 'wire_broken'],
    ['the end of the stream', '</stream:stream>', 'stream_ended'],
    ['an error: another connection', streamError('conflict'), 'replaced'],
    ['an error: the account is gone', streamError('not-authorized'), 'device_removed'],
    ['an error: a shutdown', streamError('system-shutdown'), 'server_unavailable'],
    ['an error: too much', streamError('policy-violation'), 'rate_limited'],
    ['an error: a restart', streamError('reset'), 'stream_restart'],
    ['an error: another host', streamError('see-other-host', '127.0.0.1:1'), 'stream_error'],
    ['an error without a reason', '<stream:error/>', 'stream_error'],
  ])('sends %s', async (_name, data, code) => {
    const { closed, stanzas } = await online();
    server.send(data);
    await eventually(() => closed.length > 0);
    expect(closed.map((reason) => reason.code)).toEqual([code]);
    expect(stanzas).toEqual([]);
    // Whatever the end, nobody dials again from here.
    await settled(() => server.sockets.length);
    expect(server.sockets).toHaveLength(1);
  });

  it('sends 32 MiB without the end of a stanza, of which little is read', async () => {
    const { closed } = await online();
    const junk = Buffer.alloc(65_536, 'x');
    server.send('<message><body>');
    let taken = 0;
    const pump = (): void => {
      if (taken < 512 && server.stream.writable) server.stream.write(junk, () => (taken++, pump()));
    };
    pump();
    await eventually(() => closed.length > 0);
    expect(closed[0]?.code).toBe('wire_broken');
    // Half a MiB is the limit of a stanza; the rest lies in the buffers of the kernel.
    expect(await settled(() => taken)).toBeLessThan(256);
  });

  it('asks without end and reads no answers', async () => {
    const { warnings, connection, stanzas } = await online({}, {}, { maxUnacknowledged: 16 });
    server.send('<iq type="get" id="q" from="a@b"><x xmlns="y"/></iq>'.repeat(1_000) + message('after'));
    await eventually(() => stanzas.length === 1);
    expect(warnings.length).toBeGreaterThan(900);
    expect(await codeOf(connection.send(stanza('chatstate', { to: someone }, [stanza('paused')])))).toBe(
      'send_buffer_full',
    );
  });

  it('answers for somebody else', async () => {
    const { connection } = await online();
    const ping = stanza('iq', { type: 'get', xmlns: 'w:p' }, [stanza('ping')]);
    const answer = connection.query(ping);
    await eventually(() => server.secured.includes('urn:xmpp:ping'));
    const id =
      /<iq[^>]*id="([^"]*)"[^>]*><ping/.exec(server.secured)?.[1] ??
      /<iq to="xmpp.example" type="get" id="([^"]*)"/.exec(server.secured)?.[1];
    server.send(`<iq type="result" id="${id}" from="evil@example.org"><false xmlns="x"/></iq>`);
    server.send(`<iq type="result" id="${id}" from="evil.example"><false xmlns="x"/></iq>`);
    server.send(`<iq type="result" id="${id}" from="xmpp.example"/>`);
    expect((await answer).content).toBeUndefined();
  });

  it('goes silent', async () => {
    const clock = new TestClock();
    const { closed } = await online({}, { clock, random: () => 0 });
    clock.advance(25_000);
    await eventually(() => server.secured.includes('urn:xmpp:ping'));
    clock.advance(20_000);
    expect(closed.map(({ code }) => code)).toEqual(['connection_lost']);
    expect(clock.timers).toBe(0);
  });
});

describe('what arrives', () => {
  it('may be cut anywhere, also inside a character', async () => {
    const { stanzas, unreadable } = await online();
    const bytes = Buffer.from(
      `<message id="ü😀" from="é😀@b" type="chat"><signal ${signal} v="2" type="msg">AAAA</signal></message>`,
    );
    server.stream.setNoDelay?.(true);
    for (const byte of bytes) {
      server.send(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually(() => stanzas.length > 0);
    expect(stanzas[0]?.attrs).toMatchObject({ id: 'ü😀', from: { user: 'é😀', server: 'b' } });
    expect(unreadable).toEqual([]);
  });

  it('is not read on while the device settles nothing', async () => {
    const { stanzas, connection } = await online({}, {}, { maxUnsettled: 32 });
    for (let index = 0; index < 2_000; index++) server.send(message(`m${index}`));
    const arrived = await settled(() => stanzas.length);
    expect(arrived).toBeGreaterThanOrEqual(32);
    expect(arrived).toBeLessThan(64);
    for (const { attrs } of stanzas.splice(0))
      await connection.send(stanza('receipt', { id: attrs['id'], to: attrs['from'] }));
    await eventually(() => stanzas.length > 0);
  });

  it('is not read on either when all of it has one name', async () => {
    const { stanzas, connection } = await online({}, {}, { maxUnsettled: 32 });
    for (let index = 0; index < 2_000; index++) server.send(message('same'));
    const arrived = await settled(() => stanzas.length);
    expect(arrived).toBeGreaterThanOrEqual(32);
    expect(arrived).toBeLessThan(64);
    for (const { attrs } of stanzas.splice(0))
      await connection.send(stanza('receipt', { id: attrs['id'], to: attrs['from'] }));
    await eventually(() => stanzas.length > 0);
  });

  it('is answered to the client that sent it, when the session has settled it', async () => {
    const { stanzas, connection } = await online();
    server.send(message('m'));
    server.send('<r xmlns="urn:xmpp:sm:3"/>');
    await eventually(() => server.secured.includes('<a xmlns="urn:xmpp:sm:3" h="0"/>'));
    expect(stanzas[0]?.attrs).toMatchObject({ id: 'm', from: someone });
    await connection.send(stanza('receipt', { id: 'm', to: someone }));
    await eventually(() => server.secured.includes('<a xmlns="urn:xmpp:sm:3" h="1"/>'));
    expect(server.secured).toMatch(
      /<message id="[^"]+" to="a@b\/c" type="chat"><received xmlns="urn:xmpp:receipts" id="m"\/>/,
    );
  });

  it('and holds nothing for a device is refused, a peer’s formatted text as well', async () => {
    const { unreadable, connection, stanzas } = await online();
    server.send(message('plain', '<body>hello</body><html>formatted <b>text</b></html>'));
    await eventually(() => unreadable.length > 0);
    expect(unreadable[0]?.attrs).toMatchObject({ id: 'plain', from: someone });
    await connection.send(stanza('ack', { class: 'message', id: 'plain', to: someone, error: '487' }));
    await eventually(() => server.secured.includes('h="1"'));
    expect(server.secured).toContain('<message id="plain" to="a@b/c" type="error">');
    expect(stanzas).toEqual([]);
  });

  it.each([
    ['groups', '<message id="g" from="room@b/nick" type="groupchat"><body>x</body></message>'],
    ['headlines', '<message id="h" from="a@b" type="headline"><body>x</body></message>'],
    ['nobody in particular', '<message id="n"><body>x</body></message>'],
    ['a presence', '<presence from="a@b/c"/>'],
    ['a state that is not shown', message('s', '<gone xmlns="http://jabber.org/protocol/chatstates"/>')],
  ])('and is for nobody (%s) is settled at once', async (_name, data) => {
    const { stanzas, unreadable } = await online();
    server.send(data);
    await eventually(() => server.secured.includes('h="1"'));
    expect([stanzas, unreadable]).toEqual([[], []]);
  });
});

describe('a connection that is lost', () => {
  it('is resumed by the next login, where the server still has the session', async () => {
    const first = await online();
    server.send(message('1') + message('2'));
    await eventually(() => first.stanzas.length === 2);
    await first.connection.send(stanza('receipt', { id: '1', to: someone }));
    const receipts = () => server.secured.split('<received ').length - 1;
    await eventually(() => receipts() === 1);
    server.stream.destroy();
    await eventually(() => first.closed.length > 0);
    const second = newXmppClient(server, { resumptions: first.resumptions });
    await second.connection.connect();
    expect(server.secured).toContain('<resume xmlns="urn:xmpp:sm:3" previd="kept" h="1"/>');
    // The receipt was not acknowledged: it is sent again.
    await eventually(() => receipts() === 2);
    server.send(message('2'));
    await eventually(() => second.stanzas.length === 1);
    await second.connection.close();
    expect(first.resumptions.size).toBe(0);
  });

  it('by a stanza that cannot be read does not meet it again', async () => {
    const first = await online();
    server.send(`<message id="deep" from="a@b">${'<x>'.repeat(40)}`);
    await eventually(() => first.closed.length > 0);
    expect(first.closed[0]?.code).toBe('wire_broken');
    const second = newXmppClient(server, { resumptions: first.resumptions });
    await second.connection.connect();
    expect(server.secured).toContain('previd="kept" h="1"');
    await second.connection.close();
  });

  it('is kept for another attempt when the first finds nobody', async () => {
    const first = await online();
    server.stream.destroy();
    await eventually(() => first.closed.length > 0);
    const { resumptions } = first;
    const second = newXmppClient(server, { dial: () => dialTo(1), resumptions });
    expect(await codeOf(second.connection.connect())).toBe('connect_failed');
    expect(resumptions.size).toBe(1);
  });

  it.each([
    [
      'begins anew where the server has forgotten the session',
      '<failed xmlns="urn:xmpp:sm:3" h="0"/>',
      'accepted',
    ],
    [
      'is not believed to have handled what was never sent',
      '<resumed xmlns="urn:xmpp:sm:3" previd="kept" h="7"/>',
      'wire_broken',
    ],
    ['is not believed without a number', '<resumed xmlns="urn:xmpp:sm:3" previd="kept"/>', 'wire_broken'],
  ])('%s', async (_name, resumed, code) => {
    const first = await online({ resumed });
    server.stream.destroy();
    await eventually(() => first.closed.length > 0);
    const second = newXmppClient(server, { resumptions: first.resumptions });
    expect(await codeOf(second.connection.connect())).toBe(code);
    await second.connection.close();
  });
});

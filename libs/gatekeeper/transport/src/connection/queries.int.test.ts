import { parseAddress } from '@causeway/jid';
import { stanza, type Stanza } from '@causeway/xml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, eventually, newClient, type TestClient } from '../testing/test-client.js';
import { TestClock } from '../testing/test-clock.js';
import { type TestConnection, TestGatekeeper } from '../testing/test-gatekeeper.js';

const server = parseAddress('s.whatsapp.net');
const query = (attrs: Stanza['attrs'] = {}) =>
  stanza('iq', { type: 'get', to: server, xmlns: 'encrypt', ...attrs }, [stanza('count')]);
const result = (asked: Stanza, attrs: Stanza['attrs'] = {}, content: Stanza[] = []) =>
  stanza('iq', { id: asked.attrs['id'], type: 'result', from: server, ...attrs }, content);

let gatekeeper: TestGatekeeper;
let clock: TestClock;
let client: TestClient;
let answer: (connection: TestConnection, asked: Stanza) => void;

beforeEach(async () => {
  answer = () => undefined;
  clock = new TestClock();
  gatekeeper = await TestGatekeeper.start({ onStanza: (connection, asked) => answer(connection, asked) });
  client = newClient(gatekeeper.profile({}, { maxQueries: 2 }), { clock, random: () => 0.5 });
  await client.connection.connect();
});
afterEach(async () => {
  await client.connection.close();
  await gatekeeper.stop();
});

const received = () => gatekeeper.connections[0]?.received ?? [];

describe('a query', () => {
  it('gets the result, bytes and all, and leaves no timer', async () => {
    const value = stanza('value', {}, Uint8Array.of(0xff, 0));
    answer = (connection, asked) => connection.send(result(asked, {}, [value]));
    const timers = clock.timers;
    const reply = await client.connection.query(query());
    expect(reply.content).toEqual([value]);
    expect(received()[0]?.attrs['id']).toMatch(/^[0-9A-F]{20}$/);
    expect(clock.timers).toBe(timers);
  });

  it.each([
    ['the gatekeeper without an address', undefined, 'accepted'],
    ['the gatekeeper by its address', server, 'accepted'],
    ['the gatekeeper by its name as text', 's.whatsapp.net', 'accepted'],
    ['another user', parseAddress('99@s.whatsapp.net'), 'query_timeout'],
    ['a text that looks like the one asked', '42@s.whatsapp.net', 'query_timeout'],
    ['another device of the one asked', parseAddress('42:7@s.whatsapp.net'), 'query_timeout'],
    ['the one asked', parseAddress('42@s.whatsapp.net'), 'accepted'],
    ['the first device of the one asked', parseAddress('42:0@s.whatsapp.net'), 'accepted'],
  ])('takes an answer from %s as %s: %s', async (_name, from, code) => {
    answer = (connection, asked) => {
      const reply = result(asked);
      connection.send(stanza('iq', { ...reply.attrs, from }));
      connection.send(stanza('presence', {}));
    };
    const asking = codeOf(
      client.connection.query(query({ to: parseAddress('42@s.whatsapp.net') }), { timeoutMs: 5_000 }),
    );
    await eventually(() => client.stanzas.length === 1);
    clock.advance(5_000);
    expect(await asking).toBe(code);
  });

  it('fails with the code of an error answer', async () => {
    answer = (connection, asked) =>
      connection.send(
        result(asked, { type: 'error' }, [stanza('error', { code: '406', text: 'not-acceptable' })]),
      );
    await expect(client.connection.query(query())).rejects.toMatchObject({
      code: 'query_refused',
      status: 406,
    });
    answer = (connection, asked) => connection.send(result(asked, { type: 'error' }));
    await expect(client.connection.query(query())).rejects.toMatchObject({ code: 'query_refused' });
  });

  it('ends at its deadline; a late answer is nobody’s', async () => {
    const asking = codeOf(client.connection.query(query()));
    await eventually(() => received().length === 1);
    clock.advance(10_000);
    expect(await asking).toBe('query_timeout');
    const [asked] = received();
    gatekeeper.connections[0]?.send(result(asked ?? query()), stanza('presence'));
    await eventually(() => client.stanzas.length === 1);
    expect(client.stanzas).toEqual([stanza('presence')]);
  });

  it('is refused above the limit, with a taken id, or when it is none', async () => {
    const waiting = [codeOf(client.connection.query(query({ id: 'A' })))];
    expect(await codeOf(client.connection.query(query({ id: 'A' })))).toBe('query_invalid');
    expect(await codeOf(client.connection.query(query({ type: 'result' })))).toBe('query_invalid');
    expect(await codeOf(client.connection.query(stanza('message')))).toBe('query_invalid');
    waiting.push(codeOf(client.connection.query(query())));
    expect(await codeOf(client.connection.query(query()))).toBe('too_many_queries');
    await client.connection.close();
    expect(await Promise.all(waiting)).toEqual(['closed', 'closed']);
  });

  it('fails when the connection is lost', async () => {
    const waiting = [codeOf(client.connection.query(query())), codeOf(client.connection.query(query()))];
    await eventually(() => received().length === 2);
    gatekeeper.sockets[0]?.terminate();
    expect(await Promise.all(waiting)).toEqual(['connection_lost', 'connection_lost']);
    expect(await codeOf(client.connection.query(query()))).toBe('connection_lost');
    expect(client.closed).toHaveLength(1);
    expect(clock.timers).toBe(0);
  });
});

describe('keepalive', () => {
  const pings = () => received().filter(({ attrs }) => attrs['xmlns'] === 'w:p');

  it.each([
    ['message', true],
    ['receipt', true],
    ['ack', false],
  ])('takes silence after a %s for a dead socket: %s', async (tag, dead) => {
    await client.connection.send(stanza(tag, { id: 'A', to: parseAddress('1@s.whatsapp.net') }));
    await client.connection.send(stanza(tag, { id: 'B', to: parseAddress('1@s.whatsapp.net') }));
    clock.advance(19_999);
    expect(client.closed).toEqual([]);
    clock.advance(1);
    expect(client.closed.map(({ code }) => code)).toEqual(dead ? ['connection_lost'] : []);
  });

  it('pings at random intervals between the bounds, at whole seconds', async () => {
    answer = (connection, asked) => connection.send(result(asked), stanza('presence'));
    for (let n = 1; n <= 2; n++) {
      // Half way between 25 and 30 seconds would be 27.5.
      clock.advance(26_999);
      expect(pings()).toHaveLength(n - 1);
      clock.advance(1);
      await eventually(() => client.stanzas.length === n);
      expect(pings()).toHaveLength(n);
    }
    expect(pings()[0]).toMatchObject({ tag: 'iq', attrs: { type: 'get', to: server } });
    expect(pings().map(({ attrs }) => attrs['id'])).toEqual(['1', '2']);
    expect(client.closed).toEqual([]);
  });

  it('leaves the ping out while a query waits', async () => {
    const asking = codeOf(client.connection.query(query(), { timeoutMs: 60_000 }));
    await eventually(() => received().length === 1);
    gatekeeper.connections[0]?.send(stanza('presence'));
    await eventually(() => client.stanzas.length === 1);
    clock.advance(27_500);
    clock.advance(32_500);
    expect(await asking).toBe('query_timeout');
    expect(pings()).toEqual([]);
  });

  it('declares a silent socket dead', async () => {
    clock.advance(27_000);
    await eventually(() => pings().length === 1);
    clock.advance(19_999);
    expect(client.closed).toEqual([]);
    clock.advance(1);
    expect(client.closed).toMatchObject([{ code: 'connection_lost', advice: 'reconnect' }]);
    expect(clock.timers).toBe(0);
  });

  it('does not take silence for death while it does not read itself', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    let handled = 0;
    const onStanza = () => {
      handled++;
      return gate;
    };
    const profile = gatekeeper.profile({}, { maxInFlight: 1 });
    const slow = newClient(profile, { clock, random: () => 0.5, onStanza });
    await slow.connection.connect();
    const [, own] = gatekeeper.connections;
    own?.send(stanza('presence'));
    await eventually(() => handled === 1);
    clock.advance(27_500);
    await eventually(() => own?.received.length === 1);
    clock.advance(30_000);
    expect(slow.closed).toEqual([]);
    release();
    await slow.connection.close();
  });

  it('takes anything that arrives as a sign of life', async () => {
    clock.advance(27_500);
    await eventually(() => pings().length === 1);
    clock.advance(19_000);
    gatekeeper.connections[0]?.send(stanza('presence'));
    await eventually(() => client.stanzas.length === 1);
    clock.advance(2_000);
    expect(client.closed).toEqual([]);
  });
});

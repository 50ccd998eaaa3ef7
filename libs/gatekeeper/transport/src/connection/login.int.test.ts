import { generateStaticKey } from '@causeway/noise';
import { stanza } from '@causeway/xml';
import { afterEach, describe, expect, it } from 'vitest';
import { codeOf, eventually, newClient, settled } from '../testing/test-client.js';
import { TestClock } from '../testing/test-clock.js';
import { TestGatekeeper, type TestGatekeeperOptions } from '../testing/test-gatekeeper.js';

let gatekeeper: TestGatekeeper;
const start = async (options: TestGatekeeperOptions = {}) =>
  (gatekeeper = await TestGatekeeper.start(options));
afterEach(() => gatekeeper.stop());

describe('a login', () => {
  it.each(['spec', 'wa'] as const)('succeeds under transcript rule %s', async (transcript) => {
    await start({ transcript });
    const noiseKey = generateStaticKey().key;
    const { connection, closed } = newClient(gatekeeper.profile(), { noiseKey });
    await expect(connection.connect()).resolves.toEqual({
      attrs: { t: '1700000000' },
      serverTime: 1_700_000_000,
    });
    const [upstream] = gatekeeper.connections;
    expect(upstream?.clientStatic).toEqual(noiseKey.publicKey());
    expect(upstream?.payload).toMatchObject({
      product: 2,
      passive: true,
      pull: true,
      connectReason: 1,
      interopData: { accountId: 42n, token: new TextEncoder().encode('header.claims.signature') },
    });
    expect(upstream?.payload.interopData?.enableReadReceipts).toBe(true);
    expect(upstream?.payload.username).toBeUndefined();
    expect(gatekeeper.openings[0]?.subarray(0, 7).toString('hex')).toBe('57410603000024');
    await connection.close();
    expect(closed.map(({ code }) => code)).toEqual(['closed']);
  });

  it('names the origin that the profile has, else none', async () => {
    await start();
    for (const changes of [{ origin: 'https://web.example.org' }, {}]) {
      const { connection } = newClient(gatekeeper.profile(changes));
      await connection.connect();
      await connection.close();
    }
    expect(gatekeeper.origins).toEqual(['https://web.example.org', undefined]);
  });

  it.each([
    [400, 'login_bad_payload', 'stop'],
    [401, 'login_key_mismatch', 'enlist_again'],
    [413, 'token_expired', 'refresh_token'],
    [414, 'token_invalid', 'refresh_token'],
    [415, 'account_unknown', 'enlist_again'],
    [503, 'server_unavailable', 'reconnect_later'],
    [777, 'login_refused', 'stop'],
  ])('refused with %i gives %s', async (reason, code, advice) => {
    await start({ onLogin: (upstream) => upstream.send(stanza('failure', { reason: String(reason) })) });
    const { connection, closed } = newClient(gatekeeper.profile());
    await expect(connection.connect()).rejects.toMatchObject({ code, advice, status: reason });
    expect(closed).toMatchObject([{ code }]);
    expect(await codeOf(connection.send(stanza('presence')))).toBe(code);
  });

  it.each([
    ['replaced', stanza('stream:error', {}, [stanza('conflict', { type: 'replaced' })]), 'check_owner'],
    ['replaced', stanza('stream:error', { code: '409' }), 'check_owner'],
    ['stream_restart', stanza('stream:error', { code: '515' }), 'restart'],
    [
      'device_removed',
      stanza('stream:error', { code: '401' }, [stanza('conflict', { type: 'device_removed' })]),
      'enlist_again',
    ],
    ['unacknowledged_stanza', stanza('stream:error', {}, [stanza('ack', { id: '1' })]), 'reconnect'],
    ['stream_error', stanza('stream:error', { code: '999' }), 'reconnect_later'],
    ['stream_ended', stanza('xmlstreamend'), 'reconnect'],
  ])('ended later gives %s', async (code, end, advice) => {
    await start();
    const { connection, closed } = newClient(gatekeeper.profile());
    await connection.connect();
    gatekeeper.connections[0]?.send(end);
    await eventually(() => closed.length > 0);
    expect(closed).toMatchObject([{ code, advice }]);
    await eventually(() => gatekeeper.sockets[0]?.readyState === 3);
    // Whatever the end, nobody dials again from here.
    expect(gatekeeper.sockets).toHaveLength(1);
  });

  it('goes nowhere else when the stream points to another host', async () => {
    const other = await TestGatekeeper.start();
    await start();
    const { connection, closed } = newClient(gatekeeper.profile());
    await connection.connect();
    const attrs = { 'xmlns:stream': 'http://etherx.jabber.org/streams' };
    const host = new URL(other.url).host;
    gatekeeper.connections[0]?.send(stanza('stream:error', attrs, [stanza('see-other-host', {}, host)]));
    await eventually(() => closed.length > 0);
    expect(closed).toMatchObject([{ code: 'stream_error' }]);
    expect(other.sockets).toHaveLength(0);
    await other.stop();
  });
});

describe('a server that is not who it should be', () => {
  it('is refused by the pinned root', async () => {
    await start();
    const profile = gatekeeper.profile({ rootPublicKey: generateStaticKey().key.publicKey() });
    expect(await codeOf(newClient(profile).connection.connect())).toBe('server_not_authentic');
    expect(gatekeeper.connections).toHaveLength(0);
  });

  it('is refused with an expired certificate', async () => {
    await start({ chainValidUntil: 1_600_000_000n });
    expect(await codeOf(newClient(gatekeeper.profile()).connection.connect())).toBe('server_not_authentic');
  });

  it('is refused under the other transcript rule', async () => {
    await start({ transcript: 'spec' });
    const profile = gatekeeper.profile({ transcript: 'wa' });
    expect(await codeOf(newClient(profile).connection.connect())).toBe('handshake_failed');
  });

  it.each([
    [
      'cut',
      (good: Uint8Array) => Buffer.concat([Buffer.of(0, 0, 40), good.subarray(3, 43)]),
      'handshake_failed',
    ],
    [
      'damaged',
      (good: Uint8Array) => Uint8Array.from(good, (b, i) => (i === 60 ? b ^ 1 : b)),
      'handshake_failed',
    ],
    ['too large', () => Buffer.concat([Buffer.of(0, 0x40, 1), Buffer.alloc(0x4001)]), 'wire_broken'],
    ['announced too large', () => Buffer.of(0xff, 0xff, 0xff), 'wire_broken'],
  ])('sends a hello that is %s', async (_name, hello, code) => {
    await start({ hello });
    const { connection, closed } = newClient(gatekeeper.profile());
    expect(await codeOf(connection.connect())).toBe(code);
    expect(closed).toMatchObject([{ code }]);
  });

  it('floods before the handshake is done, and is not read', async () => {
    let greeted = false;
    const junk = Buffer.concat([Buffer.of(0, 0x3f, 0xff), Buffer.alloc(0x3fff)]);
    await start({
      hello: (good) => {
        greeted = true;
        return Buffer.concat([good, junk]);
      },
    });
    const { key } = generateStaticKey();
    const agreed = Promise.withResolvers<void>();
    const noiseKey = {
      publicKey: () => key.publicKey(),
      dh: (remote: Uint8Array) => agreed.promise.then(() => key.dh(remote)),
    };
    const login = codeOf(newClient(gatekeeper.profile(), { noiseKey }).connection.connect());
    await eventually(() => greeted);
    const [socket] = gatekeeper.sockets;
    let taken = 0;
    const pump = () => {
      if (taken < 4_000) socket?.send(junk, () => (taken++, pump()));
    };
    pump();
    // 64 MB are on offer: kernel buffers take their share, then nothing moves any more.
    expect(await settled(() => taken)).toBeLessThan(2_000);
    agreed.resolve();
    expect(await login).toBe('wire_broken');
  });

  it('sends nothing but empty frames', async () => {
    await start({ hello: () => Buffer.alloc(300_000) });
    expect(await codeOf(newClient(gatekeeper.profile()).connection.connect())).toBe('wire_broken');
  });

  it('sends text', async () => {
    await start({ onLogin: (upstream) => upstream.socket.send('<success/>') });
    expect(await codeOf(newClient(gatekeeper.profile()).connection.connect())).toBe('wire_broken');
  });
});

describe('deadlines', () => {
  it('a hello that never comes ends the login', async () => {
    await start({ hello: () => new Uint8Array() });
    const clock = new TestClock();
    const { connection, closed } = newClient(gatekeeper.profile(), { clock });
    const login = codeOf(connection.connect());
    await eventually(() => gatekeeper.sockets.length > 0);
    clock.advance(19_999);
    expect(closed).toEqual([]);
    clock.advance(1);
    expect(await login).toBe('connect_timeout');
    expect(closed).toMatchObject([{ code: 'connect_timeout' }]);
  });

  it('a <success> that never comes ends the login', async () => {
    await start({ onLogin: () => undefined });
    const clock = new TestClock();
    const { connection } = newClient(gatekeeper.profile(), { clock });
    const login = codeOf(connection.connect());
    await eventually(() => gatekeeper.connections.length > 0);
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(20_000);
    expect(await login).toBe('login_timeout');
    await eventually(() => gatekeeper.sockets[0]?.readyState === 3);
    expect(clock.timers).toBe(0);
  });

  it('a server that is not there', async () => {
    await start();
    const profile = gatekeeper.profile({ url: 'ws://127.0.0.1:1/chat' });
    const { connection, closed } = newClient(profile);
    expect(await codeOf(connection.connect())).toBe('connect_failed');
    expect(closed).toMatchObject([{ code: 'connect_failed', advice: 'reconnect_later' }]);
  });

  it('a key that is out of reach', async () => {
    await start();
    const { key } = generateStaticKey();
    const noiseKey = { publicKey: () => key.publicKey(), dh: () => Promise.reject(new Error('device gone')) };
    const { connection } = newClient(gatekeeper.profile(), { noiseKey });
    expect(await codeOf(connection.connect())).toBe('key_unavailable');
  });

  it('closing during the login ends it', async () => {
    await start({ onLogin: () => undefined });
    const { connection, closed } = newClient(gatekeeper.profile());
    const login = codeOf(connection.connect());
    await eventually(() => gatekeeper.connections.length > 0);
    await connection.close();
    expect(await login).toBe('closed');
    expect(closed).toMatchObject([{ code: 'closed' }]);
  });
});

it.each(['http://127.0.0.1/', 'ws://example.org/', 'wss://user:password@example.org/', 'nonsense'])(
  'the URL %s may not be dialled',
  async (url) => {
    await start();
    expect(() => newClient(gatekeeper.profile({ url }))).toThrow('upstream: host_refused');
  },
);

import { parseAddress } from '@causeway/jid';
import { stanza, type Stanza, textAttr } from '@causeway/xml';
import { afterEach, describe, expect, it } from 'vitest';
import { codeOf, eventually, newClient, settled, type TestClient } from '../testing/test-client.js';
import { TestGatekeeper, type TestGatekeeperOptions } from '../testing/test-gatekeeper.js';
import type { UpstreamConnectionOptions, WireLimits } from '../index.js';

let gatekeeper: TestGatekeeper;
afterEach(() => gatekeeper.stop());

interface Setup {
  readonly server?: TestGatekeeperOptions;
  readonly limits?: Partial<WireLimits>;
  readonly client?: Partial<UpstreamConnectionOptions>;
}

async function online({ server, limits, client }: Setup = {}): Promise<TestClient> {
  gatekeeper = await TestGatekeeper.start(server);
  const made = newClient(gatekeeper.profile({}, limits), client);
  await made.connection.connect();
  return made;
}

const upstream = () => {
  const [connection] = gatekeeper.connections;
  if (connection === undefined) throw new Error('nobody has logged in');
  return connection;
};
const message = (id: string, attrs: Stanza['attrs'] = {}, content?: Stanza['content']) =>
  stanza('message', { id, from: parseAddress('4915@s.whatsapp.net'), ...attrs }, content);

describe('frames and WebSocket messages', () => {
  it('arrive with <success> in one chunk, before @xmpp has a parser', async () => {
    const { stanzas } = await online({
      server: { onLogin: (c) => c.send(stanza('success', { t: '1' }), message('A'), message('B')) },
    });
    await eventually(() => stanzas.length === 2);
    expect(stanzas).toEqual([message('A'), message('B')]);
  });

  it('that follow the server hello in its chunk wait, and fail as they must', async () => {
    gatekeeper = await TestGatekeeper.start({
      hello: (good) => Buffer.concat([good, Buffer.of(0, 0, 17), Buffer.alloc(17)]),
    });
    const { connection, closed } = newClient(gatekeeper.profile());
    expect(await codeOf(connection.connect())).toBe('wire_broken');
    expect(closed).toHaveLength(1);
  });

  it('may be cut anywhere', async () => {
    const { stanzas } = await online();
    const bytes = Buffer.concat([upstream().frame(message('A')), upstream().frame(message('B'))]);
    for (const byte of bytes) upstream().socket.send(Buffer.of(byte));
    await eventually(() => stanzas.length === 2);
    expect(stanzas).toEqual([message('A'), message('B')]);
  });

  it('may be compressed by the server', async () => {
    const { stanzas } = await online();
    const long = message('A', {}, new Uint8Array(20_000));
    upstream().socket.send(upstream().frame(long, 'zlib'));
    await eventually(() => stanzas.length === 1);
    expect(stanzas).toEqual([long]);
  });

  it('are written one per WebSocket message', async () => {
    const { connection } = await online();
    const sizes: number[] = [];
    upstream().socket.on('message', (data: Buffer) => sizes.push(data.readUIntBE(0, 3) + 3 - data.length));
    await Promise.all([connection.send(message('A')), connection.send(message('B'))]);
    await eventually(() => upstream().received.length === 2);
    expect(sizes).toEqual([0, 0]);
  });

  it('that were replayed end the connection', async () => {
    const { closed } = await online();
    const frame = upstream().frame(message('A'));
    upstream().socket.send(Buffer.concat([frame, frame]));
    await eventually(() => closed.length > 0);
    expect(closed).toMatchObject([{ code: 'wire_broken', advice: 'reconnect_later' }]);
  });

  it('above the bound end the connection before they arrive', async () => {
    const { closed } = await online({ limits: { maxFrameBytes: 20_000 } });
    upstream().socket.send(Buffer.of(0, 0x4e, 0x21));
    await eventually(() => closed.length > 0);
    expect(closed).toMatchObject([{ code: 'wire_broken' }]);
  });
});

describe('stanzas', () => {
  it('keep addresses unchanged through the middleware, both ways', async () => {
    const { connection, stanzas } = await online();
    const addresses = {
      from: parseAddress('12-42:7@interop'),
      participant: parseAddress('4915.3:2@s.whatsapp.net'),
      to: parseAddress('300-1:65535@interop'),
      text: '4915:3@s.whatsapp.net',
    };
    upstream().send(message('A', addresses), stanza('receipt', { id: 'B', ...addresses }));
    await eventually(() => stanzas.length === 2);
    expect(stanzas).toEqual([message('A', addresses), stanza('receipt', { id: 'B', ...addresses })]);
    await connection.send(message('C', addresses, [stanza('enc', { v: '2' }, Uint8Array.of(1, 2))]));
    await eventually(() => upstream().received.length === 1);
    expect(upstream().received).toEqual([
      message('C', addresses, [stanza('enc', { v: '2' }, Uint8Array.of(1, 2))]),
    ]);
  });

  it('with an address that @xmpp has no form for still arrive, and so does what follows', async () => {
    const { stanzas, closed } = await online();
    const odd = message('A', { from: '@' });
    upstream().send(odd, message('B'));
    await eventually(() => stanzas.length === 2);
    expect(stanzas).toEqual([odd, message('B')]);
    expect(closed).toEqual([]);
  });

  it('that cannot be read are reported with their head; the next one arrives', async () => {
    const { stanzas, unreadable } = await online({ limits: { maxStanzaBytes: 5_000 } });
    const damaged = Buffer.from('00f8061308fc014106faff014203f801ffff', 'hex');
    const bomb = upstream().frame(message('C', {}, new Uint8Array(50_000)), 'zlib');
    expect(bomb.length).toBeLessThan(5_000);
    const large = upstream().frame(message('L', {}, new Uint8Array(5_000)));
    upstream().socket.send(
      Buffer.concat([bomb, large, upstream().rawFrame(damaged), upstream().rawFrame(Buffer.of(7))]),
    );
    upstream().send(message('D'));
    await eventually(() => stanzas.length === 1);
    expect(stanzas[0]?.attrs['id']).toBe('D');
    expect(unreadable).toEqual([
      { code: 'too_large', head: message('C') },
      { code: 'too_large', head: message('L') },
      { code: 'truncated', head: stanza('message', { id: 'A', from: parseAddress('42@s.whatsapp.net') }) },
      { code: 'bad_flag' },
    ]);
  });

  it('whose handler fails do not disturb the others', async () => {
    const seen: string[] = [];
    const { warnings, closed } = await online({
      client: {
        onStanza: (received) => {
          seen.push(textAttr(received, 'id') ?? '');
          throw new Error('handler');
        },
      },
    });
    upstream().send(message('A'), message('B'));
    await eventually(() => warnings.length === 2);
    expect(seen).toEqual(['A', 'B']);
    expect(closed).toEqual([]);
  });

  it('that ask for a pong get one; other requests reach the handler, not @xmpp', async () => {
    const { stanzas } = await online();
    upstream().send(
      stanza('iq', { type: 'get', id: 'p', from: parseAddress('s.whatsapp.net'), xmlns: 'urn:xmpp:ping' }),
      stanza('iq', { type: 'set', id: 'q', from: parseAddress('s.whatsapp.net') }, [
        stanza('a'),
        stanza('b'),
      ]),
    );
    await eventually(() => stanzas.length === 1);
    expect(stanzas[0]?.attrs['id']).toBe('q');
    await eventually(() => upstream().received.length > 0);
    expect(upstream().received).toEqual([
      stanza('iq', { to: parseAddress('s.whatsapp.net'), id: 'p', type: 'result' }),
    ]);
  });

  it('that cannot be encoded are refused, and the connection lives', async () => {
    const { connection } = await online({ limits: { maxFrameBytes: 20_000 } });
    expect(await codeOf(connection.send(stanza('')))).toBe('not_encodable');
    expect(await codeOf(connection.send(message('A', {}, new Uint8Array(20_000))))).toBe('not_encodable');
    await connection.send(message('B'));
    await eventually(() => upstream().received.length === 1);
  });
});

describe('bounds', () => {
  it('stop reading while too many stanzas are unfinished', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    let seen = 0;
    await online({
      limits: { maxInFlight: 4 },
      client: {
        onStanza: () => {
          seen++;
          return gate;
        },
      },
    });
    upstream().send(...Array.from({ length: 20 }, (_, i) => message(`A${String(i)}`)));
    for (let i = 0; i < 20; i++) upstream().send(message(`B${String(i)}`));
    await eventually(() => seen > 0);
    expect(await settled(() => seen)).toBe(4);
    release();
    await eventually(() => seen === 40);
  });

  it('refuse a send when the other side does not read', async () => {
    const { connection } = await online({ limits: { maxSendBufferBytes: 500_000 } });
    upstream().socket.pause();
    const big = message('A', {}, new Uint8Array(100_000));
    const codes: string[] = [];
    for (let i = 0; i < 200 && !codes.includes('send_buffer_full'); i++)
      codes.push(await codeOf(connection.send(big)));
    expect(codes.at(-1)).toBe('send_buffer_full');
    upstream().socket.resume();
    const sent = codes.filter((code) => code === 'accepted').length;
    // Nothing of the refused one was written: what follows still decrypts.
    await eventually(() => upstream().received.length === sent);
    await connection.send(message('B'));
    await eventually(() => upstream().received.at(-1)?.attrs['id'] === 'B');
  });
});

it('a lost socket is reported once', async () => {
  const { connection, closed } = await online();
  upstream().socket.terminate();
  await eventually(() => closed.length > 0);
  expect(closed).toMatchObject([{ code: 'connection_lost', advice: 'reconnect' }]);
  expect(await codeOf(connection.send(message('A')))).toBe('connection_lost');
  await connection.close();
  expect(closed).toHaveLength(1);
});

it('closing waits for the other side only so long', async () => {
  const { connection, closed } = await online({ limits: { closeMs: 20 } });
  upstream().socket.pause();
  await connection.close();
  expect(closed).toMatchObject([{ code: 'closed' }]);
});

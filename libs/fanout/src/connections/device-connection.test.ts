import { limits, rateLimits } from '@causeway/limits';
import { captureLogs, FakeClock } from '@causeway/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectionWorld, peer, podId } from '../fixtures/connection-world.js';
import type { DeviceConnection } from './device-connection.js';

let clock: FakeClock;
let logs: ReturnType<typeof captureLogs>;
let world: ConnectionWorld;
let connection: DeviceConnection;

const settle = () => clock.advance(0);
const message = {
  to: peer,
  stanzaType: 'text' as const,
  encrypted: { type: 'msg' as const, ciphertext: 'AAAA' },
};
const send = (id: string) => connection.handle({ type: 'send', gatekeeper: world.gatekeeper, id, message });
const types = () => world.upstream.map(({ type }) => type);

beforeEach(async () => {
  clock = new FakeClock();
  logs = captureLogs();
  world = new ConnectionWorld(clock, logs.logger);
  connection = await world.connect();
});
afterEach(() => world.coordination.close());

async function logIn(): Promise<void> {
  await world.logIn(connection);
  await settle();
}

describe('a connection', () => {
  it('shows the device as present, then asks for its upstream connection', async () => {
    const entry = await world.coordination.presence.get(world.sessionKey);
    expect(world.upstream).toMatchObject([
      { type: 'open', epoch: entry?.epoch, relayKey: entry?.relayKey, reason: 'user' },
    ]);
    await logIn();
    expect(world.frames).toMatchObject([
      { type: 'session', state: 'opening' },
      { type: 'session', state: 'open', jid: '7-42@interop' },
    ]);
  });

  it('that could not be asked for does not show the device as present', async () => {
    world.topicDown = true;
    await expect(world.connect()).rejects.toThrow('the topic is down');
    expect(await world.coordination.presence.get(world.sessionKey)).toBeUndefined();
  });

  it('ends with a `close`, unless a later one of the device has taken over', async () => {
    const older = connection;
    connection = await world.connect();
    await older.close('replaced');
    expect(types()).toEqual(['open', 'open']);
    expect(await world.coordination.presence.get(world.sessionKey)).toMatchObject({
      epoch: connection.epoch,
    });
    await connection.close('device_gone');
    await connection.close('device_gone');
    expect(types()).toEqual(['open', 'open', 'close']);
    expect(await world.coordination.presence.get(world.sessionKey)).toBeUndefined();
  });

  it('that cannot be signed off is closed upstream all the same, and signed off later', async () => {
    const { presence } = world.coordination;
    const remove = presence.remove.bind(presence);
    presence.remove = async () => {
      throw new Error('unreachable');
    };
    await connection.close('device_gone');
    expect(types()).toEqual(['open', 'close']);
    await expect(world.deps.signOffs.retry()).rejects.toThrow('unreachable');
    presence.remove = remove;
    await world.deps.signOffs.retry();
    expect(await presence.get(world.sessionKey)).toBeUndefined();
    await presence.put({ sessionKey: world.sessionKey, partition: 3, podId });
    await world.deps.signOffs.retry();
    expect(await presence.get(world.sessionKey)).toBeDefined();
  });
});

describe('invariant 4: content is sealed to the connection', () => {
  it('both ways, and no copy of it tells anything', async () => {
    await logIn();
    await world.put(connection, world.message('A'));
    await send('B');
    const [kept] = await world.coordination.mailbox.read(world.sessionKey, connection.epoch, 0, 9);
    expect(Buffer.from(kept?.item ?? []).toString()).not.toMatch(/4915550002|cGxhbnRlZ/);
    const command = world.upstream.at(-1);
    expect(JSON.stringify(command)).not.toContain('4915550002');
    expect(command && world.read(command)).toEqual(message);
  });

  it('does not open without a key of the other end, so that nothing goes out in clear', async () => {
    await world.put(connection, world.event({ type: 'opened' }, { jid: 'x@interop' }));
    await settle();
    expect(connection.isOpen).toBe(false);
    await send('A');
    expect(types()).toEqual(['open']);
    expect(world.frames.at(-1)).toMatchObject({
      type: 'refused',
      id: 'A',
      code: 'not_connected',
      retryable: true,
    });
  });

  it('and gone with it: what waited is forgotten, and nothing more is taken', async () => {
    await logIn();
    const late = world.message('late');
    await world.put(connection, world.message('A'));
    const { epoch, seal } = connection;
    await connection.close('device_gone');
    expect(await world.coordination.mailbox.read(world.sessionKey, epoch, 0, 9)).toEqual([]);
    await expect(world.put(connection, late)).rejects.toMatchObject({ code: 'mailbox_closed' });
    expect(() => seal?.open('x', Buffer.alloc(64).toString('base64'))).toThrow('relay_seal_destroyed');
  });

  it('settles upstream what the device acknowledged, and nothing before', async () => {
    await logIn();
    await world.put(connection, world.message('A'), world.message('B'));
    await settle();
    expect(types()).toEqual(['open']);
    await connection.acknowledge(world.deliveries.slice(0, 1));
    expect(world.upstream.at(-1)).toMatchObject({ type: 'ack', refs: [1], stage: 'delivered' });
    expect(await world.waiting(connection)).toBe(1);
    await connection.acknowledge([...world.deliveries.slice(0, 1), 'e.99', 'nonsense']);
    expect(types()).toEqual(['open', 'ack']);
  });
});

describe('invariant 3: deliveries', () => {
  it('are handed over once and in order, however often it rings', async () => {
    await logIn();
    const ids = Array.from({ length: 150 }, (_, index) => `M${index}`);
    for (const id of ids) {
      await world.put(connection, world.message(id));
      connection.ring();
    }
    await settle();
    expect(world.messageIds).toEqual(ids);
  });

  it('stop at the bound of what is unacknowledged, and go on from there', async () => {
    await logIn();
    const bound = limits.unackedWindowItems.value;
    for (let i = 0; i < bound + 10; i += 1) await world.put(connection, world.message(`M${i}`));
    await settle();
    expect(world.messageIds).toHaveLength(bound);
    await connection.acknowledge(world.deliveries.slice(0, 5));
    await settle();
    expect(world.messageIds).toHaveLength(bound + 5);
  });

  it('invariant 3: do not overtake what was lost with the mailbox, and all come with the next login', async () => {
    await logIn();
    const [first, lost, behind] = ['A', 'B', 'C'].map((id) => world.message(id));
    if (!first || !lost || !behind) throw new Error('no messages');
    await world.put(connection, first);
    await settle();
    await world.put(connection, behind);
    await settle();
    expect(world.messageIds).toEqual(['A']);
    expect(await world.waiting(connection)).toBe(1);
    await connection.acknowledge(world.deliveries);
    await logIn();
    await world.put(connection, world.message('B'), world.message('C'));
    await settle();
    expect(world.messageIds).toEqual(['A', 'B', 'C']);
  });

  it('are found although it rang just when the last look ended', async () => {
    await logIn();
    for (let turns = 0; turns < 12; turns += 1) {
      connection.ring();
      for (let i = 0; i < turns; i += 1) await Promise.resolve();
      await world.put(connection, world.message(`M${turns}`));
      await settle();
      expect(world.messageIds).toHaveLength(turns + 1);
    }
  });

  it('of a login that is over are forgotten at the next: the gatekeeper delivers them again', async () => {
    await logIn();
    for (let login = 0; login < 8; login += 1) {
      for (let i = 0; i < 200; i += 1) await world.put(connection, world.message(`M${i}`));
      await settle();
      await world.put(connection, world.event({ type: 'closed', code: 'connection_lost', final: false }));
      await logIn();
      expect(await world.waiting(connection)).toBe(0);
    }
    const before = world.deliveries;
    await connection.acknowledge(before);
    expect(types()).toEqual(['open']);
  });

  it('are not lost when the device does not keep up', async () => {
    await logIn();
    world.deviceStuck = true;
    await world.put(connection, world.message('A'), world.message('B'));
    await settle();
    expect(await world.waiting(connection)).toBe(2);
    world.deviceStuck = false;
    connection.ring();
    await settle();
    expect(world.messageIds).toEqual(['A', 'B']);
  });
});

describe('an item that cannot be read', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  it.each<[string, () => Uint8Array | ReturnType<ConnectionWorld['event']>]>([
    ['no JSON', () => bytes('planted {')],
    ['no event', () => bytes('{"type":"planted"}')],
    [
      'sealed by another login',
      () => ({ ...world.message('planted'), body: { sealed: 'A'.repeat(80) } }) as never,
    ],
    ['in clear', () => ({ ...world.message('planted'), body: { clear: { id: 'planted' } } }) as never],
    ['of another form', () => world.event({ type: 'message' }, { id: 'planted', unheard: 'of' })],
  ])('(%s) does not keep the others back, and is not acknowledged', async (_what, item) => {
    await logIn();
    await world.put(connection, world.message('A'), item(), world.message('B'));
    await settle();
    expect(world.messageIds).toEqual(['A', 'B']);
    expect(await world.waiting(connection)).toBe(2);
    expect(connection.deliveries.size).toBe(2);
    expect(await world.metrics.render()).toContain(
      'fanout_dropped_total{reason="unreadable",service="fanout"} 1',
    );
    expect(logs.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(logs.text()).not.toMatch(/planted|4915550002/);
    await connection.acknowledge(world.deliveries);
    expect(world.upstream.at(-1)).toMatchObject({ refs: expect.objectContaining({ length: 2 }) });
  });

  it('is told from a mailbox that cannot be read: nothing is dropped then', async () => {
    await logIn();
    const { mailbox } = world.coordination;
    const read = mailbox.read.bind(mailbox);
    mailbox.read = async () => {
      throw new Error('unreachable');
    };
    await world.put(connection, world.message('A'));
    await settle();
    mailbox.read = read;
    connection.ring();
    await settle();
    expect(world.messageIds).toEqual(['A']);
  });
});

describe('commands', () => {
  const outcome = (event: Parameters<ConnectionWorld['event']>[0]) =>
    world.put(connection, world.event(event));

  it('invariant 7: are refused while it is not known who may still send', async () => {
    await logIn();
    world.mayAcceptNewSends = false;
    await send('A');
    expect(world.frames.at(-1)).toMatchObject({ id: 'A', code: 'revocations_unreadable', retryable: true });
    expect(types()).not.toContain('message.send');
    world.mayAcceptNewSends = true;
    await send('A');
    expect(world.upstream.at(-1)).toMatchObject({ type: 'message.send', id: 'A' });
  });

  it('are bounded while they have no outcome, and free their place with it', async () => {
    await logIn();
    const bound = limits.deviceCommandsInFlight.value;
    for (let i = 0; i < bound; i += 1) await send(`M${i}`);
    await send('more');
    expect(world.frames.at(-1)).toMatchObject({ id: 'more', code: 'too_many_in_flight', retryable: true });
    await send('M0');
    expect(types().filter((type) => type === 'message.send')).toHaveLength(bound + 1);
    await outcome({ type: 'accepted', id: 'M0', timestamp: 1 });
    await outcome({ type: 'refused', id: 'M1', code: 'not_connected', retryable: true });
    await settle();
    expect(world.frames.slice(-2)).toMatchObject([{ type: 'accepted' }, { type: 'refused', id: 'M1' }]);
    await send('more');
    await send('still-more');
    expect(world.upstream.at(-1)).toMatchObject({ id: 'still-more' });
  });

  it('that ask about peers are counted: past the rate they are refused, and go out again when time has passed', async () => {
    await logIn();
    const { gatekeeper } = world;
    const ask = (correlationId: string) =>
      connection.handle({ type: 'query', gatekeeper, correlationId, query: { kind: 'bundle', peer } });
    const { capacity, refillPerSecond } = rateLimits.peerQuery;
    for (let i = 0; i < capacity; i += 1) await ask(`q${i}`);
    await ask('more');
    expect(types().filter((type) => type === 'query')).toHaveLength(capacity);
    const refused = { correlationId: 'more', code: 'too_many_queries', retryable: true };
    expect(world.frames.at(-1)).toMatchObject(refused);
    // What is refused waits for no outcome.
    for (let i = 0; i < limits.deviceCommandsInFlight.value; i += 1) await ask(`more${i}`);
    await send('A');
    expect(world.upstream.at(-1)).toMatchObject({ type: 'message.send', id: 'A' });
    await clock.advance(Math.ceil(1_000 / refillPerSecond));
    await ask('more');
    expect(world.upstream.at(-1)).toMatchObject({ type: 'query', correlationId: 'more' });
  });

  it('are let through as fast as the profile says: messages, and bundles of people who are new to the user', async () => {
    await logIn();
    const { gatekeeper, rates } = world;
    const few = { capacity: 2, refillPerSecond: 1 };
    world.rates = { messages: { ...rates.messages, ...few }, newPeers: { ...rates.newPeers, ...few } };
    const ask = (correlationId: string, kind: 'bundle' | 'devices') =>
      connection.handle({ type: 'query', gatekeeper, correlationId, query: { kind, peer } });
    for (const id of ['A', 'B', 'C']) await send(id);
    expect(world.frames.at(-1)).toMatchObject({ id: 'C', code: 'too_many_messages', retryable: true });
    for (const id of ['q1', 'q2', 'q3']) await ask(id, 'bundle');
    const refused = { correlationId: 'q3', code: 'too_many_new_peers', retryable: true };
    expect(world.frames.at(-1)).toMatchObject(refused);
    await ask('q4', 'devices');
    await clock.advance(1_000);
    await send('C');
    await ask('q3', 'bundle');
    expect(world.upstream.slice(1).map((event) => ('id' in event ? event.id : event.type))).toEqual([
      ...['A', 'B', 'query', 'query', 'query', 'C', 'query'],
    ]);
  });

  it('without an outcome free their place at their deadline', async () => {
    await logIn();
    for (let i = 0; i < limits.deviceCommandsInFlight.value; i += 1) await send(`M${i}`);
    await clock.advance(limits.commandDeadlineMs.value);
    await send('more');
    expect(world.upstream.at(-1)).toMatchObject({ id: 'more' });
  });

  it('are refused before the upstream connection is open, and after it was lost', async () => {
    await send('A');
    await logIn();
    await outcome({ type: 'closed', code: 'connection_lost', final: false });
    await settle();
    await send('B');
    const { gatekeeper } = world;
    await connection.handle({ type: 'typing', gatekeeper, typing: { to: peer, state: 'paused' } });
    await connection.handle({
      type: 'query',
      gatekeeper,
      correlationId: 'q',
      query: { kind: 'devices', peer },
    });
    expect(types()).toEqual(['open']);
    expect(world.frames.filter(({ type }) => type === 'refused')).toMatchObject([
      { id: 'A', code: 'not_connected' },
      { id: 'B', code: 'not_connected' },
      { correlationId: 'q', code: 'not_connected' },
    ]);
  });
});

import type { DownstreamEvent } from '@causeway/contracts/downstream';
import { parseAddress } from '@causeway/jid';
import { limits } from '@causeway/limits';
import { captureLogs, FakeClock } from '@causeway/testing';
import { stanza } from '@causeway/xml';
import { beforeEach, describe, expect, it } from 'vitest';
import { SessionWorld } from '../fixtures/session-world.js';
import { AwaitedAcks } from './awaited-acks.js';
import { LinkRefused, type Command } from './ports.js';
import { UpstreamSession } from './upstream-session.js';

const bob = '4915550002@s.whatsapp.net';
const base64 = (length: number) => Buffer.alloc(length, 1).toString('base64');
const ack = (id: string, attrs = {}) => stanza('ack', { class: 'message', id, t: '9', ...attrs });

let clock: FakeClock;
let world: SessionWorld;
let session: UpstreamSession;

const settle = () => clock.advance(0);
const outcomes = (): DownstreamEvent[] =>
  world.downstream.filter(({ type }) => type === 'accepted' || type === 'refused');
async function dispatch(type: string, value: object, more: object = {}): Promise<void> {
  const { sessionKey, gatekeeper, epoch } = world.open();
  const deadline = clock.now() + limits.commandDeadlineMs.value;
  const body = world.seal({ type, ...more }, value);
  session.dispatch({ type, sessionKey, gatekeeper, epoch, deadline, body, ...more } as Command);
  await settle();
}
const message = { to: bob, stanzaType: 'text', encrypted: { type: 'msg', ciphertext: 'AAAA' } };
const send = (id: string, more: object = {}) => dispatch('message.send', message, { id, ...more });

beforeEach(async () => {
  clock = new FakeClock();
  world = new SessionWorld(clock, captureLogs().logger);
  session = new UpstreamSession(world.open(), world.deps, () => undefined);
  void session.start();
  await settle();
});

describe('a probe', () => {
  const probe = () => {
    const { sessionKey, gatekeeper, epoch } = world.open();
    session.dispatch({ type: 'probe', sessionKey, gatekeeper, epoch, deadline: clock.now() + 30_000 });
    return settle();
  };
  const pings = () => world.link.queries.filter(({ attrs }) => attrs.xmlns === 'w:p');
  const refusing = (code: string) => async () => {
    throw new LinkRefused({ code, advice: 'back-off' });
  };

  it('is a ping, and changes nothing when the gatekeeper answers', async () => {
    const { link } = world;
    await probe();
    expect(pings()).toHaveLength(1);
    await clock.advance(30_000);
    expect(world.link).toBe(link);
  });

  it('makes the session log in again when nothing is answered', async () => {
    const { link } = world;
    link.answering = refusing('query_timeout');
    await probe();
    await clock.advance(2_000);
    expect(link.closed).toBe(true);
    expect(world.link).not.toBe(link);
    expect(world.downstream).toContainEqual(
      expect.objectContaining({ type: 'closed', code: 'probe_unanswered', final: false }),
    );
  });

  it('takes a refusal for the sign of life that it is', async () => {
    const { link } = world;
    link.answering = refusing('query_refused');
    await probe();
    await clock.advance(2_000);
    expect(world.link).toBe(link);
  });
});

describe('a message', () => {
  it('is accepted when the gatekeeper itself has acknowledged it', async () => {
    await send('A');
    expect(outcomes()).toEqual([]);
    await world.link.deliver(ack('A'));
    await settle();
    expect(outcomes()).toMatchObject([{ type: 'accepted', id: 'A', timestamp: 9 }]);
  });

  it.each([
    ['404', 'recipient_unknown'],
    ['421', 'recipient_moved'],
    ['463', 'recipient_restricted'],
    ['475', 'new_chats_limited'],
    ['479', 'message_stale'],
    ['429', 'upstream_rate_limited', true],
    ['503', 'upstream_unreachable', true],
    ['499', 'upstream_refused'],
  ])('is refused with the gatekeeper’s error %s: %s', async (error, code, retryable = false) => {
    await send('A');
    await world.link.deliver(ack('A', { error }));
    await settle();
    expect(outcomes()).toMatchObject([{ type: 'refused', id: 'A', code, retryable }]);
  });

  it('is refused at its deadline, and a late acknowledgement changes nothing', async () => {
    await send('A');
    await clock.advance(limits.commandDeadlineMs.value);
    await world.link.deliver(ack('A'));
    await settle();
    expect(outcomes()).toMatchObject([{ code: 'upstream_timeout', retryable: true }]);
  });

  it('sent again while the first waits goes out once, and has one outcome', async () => {
    await send('A');
    await send('A');
    await world.link.deliver(ack('A'));
    await settle();
    expect(world.link.sent).toHaveLength(1);
    expect(outcomes()).toMatchObject([{ type: 'accepted', id: 'A' }]);
  });

  it('that waits when the login ends may be sent again', async () => {
    await send('A');
    world.link.drop('connection_lost');
    await settle();
    expect(outcomes()).toMatchObject([{ id: 'A', code: 'upstream_timeout', retryable: true }]);
  });

  it('that cannot be written is refused and frees its place', async () => {
    world.link.sending = async () => {
      throw new LinkRefused({ code: 'send_buffer_full', advice: 'back-off' });
    };
    await send('A');
    expect(outcomes()).toMatchObject([{ id: 'A', code: 'not_connected', retryable: true }]);
    world.link.sending = async () => undefined;
    await send('A');
    expect(world.link.sent).toHaveLength(1);
  });

  it('beyond its deadline is refused and not sent', async () => {
    await send('A', { deadline: clock.now() });
    expect(world.link.sent).toEqual([]);
    expect(outcomes()).toMatchObject([{ id: 'A', code: 'command_expired', retryable: true }]);
  });

  it('is refused when as many as are allowed wait for their acknowledgement', async () => {
    for (let i = 0; i < limits.upstreamQueueItems.value; i += 1) await send(`A${i}`);
    expect(outcomes()).toEqual([]);
    await send('more');
    expect(outcomes()).toMatchObject([{ id: 'more', retryable: true }]);
  });

  it('sealed for another id, or an earlier login, may come again; not of the contract, it is refused for good', async () => {
    const body = world.seal({ type: 'message.send', id: 'other' }, message);
    await send('A', { body });
    await dispatch('message.send', { to: bob }, { id: 'B' });
    expect(outcomes()).toMatchObject([
      { id: 'A', code: 'body_unreadable', retryable: true },
      { id: 'B', code: 'stanza_invalid', retryable: false },
    ]);
    expect(world.link.sent).toEqual([]);
  });
});

describe('other commands', () => {
  it('leave in the order in which they came', async () => {
    await send('A');
    await dispatch('typing.send', { to: bob, state: 'composing' });
    await dispatch('receipt.send', { to: bob, kind: 'read', ids: ['B'] });
    await send('C');
    expect(world.link.tags).toEqual(['message', 'chatstate', 'receipt', 'message']);
  });

  it('a question is answered to who asked, also when the gatekeeper does not answer', async () => {
    const more = { correlationId: 'q1' };
    await dispatch('query', { kind: 'devices', peer: bob }, more);
    expect(world.read(world.last('answer'))).toEqual({ kind: 'devices', peer: bob, devices: [] });
    world.link.answering = async () => {
      throw new LinkRefused({ code: 'query_timeout', advice: 'back-off' });
    };
    await dispatch('query', { kind: 'bundle', peer: bob }, more);
    expect(world.read(world.last('answer'))).toEqual({ kind: 'failed', code: 'query_timeout' });
  });

  it('a question about a peer is asked once, until his keys change or a session with them fails', async () => {
    const questions = () => world.link.queries.filter(({ attrs }) => attrs.xmlns === 'usync').length;
    const ask = (correlationId: string) =>
      dispatch('query', { kind: 'devices', peer: bob }, { correlationId });
    await Promise.all([ask('q1'), ask('q2')]);
    await ask('q3');
    expect(questions()).toBe(1);
    expect(world.types.filter((type) => type === 'answer')).toHaveLength(3);
    await world.link.deliver(
      stanza('notification', { id: 'N', from: parseAddress(bob), type: 'encrypt' }, [stanza('identity')]),
    );
    await ask('q4');
    expect(questions()).toBe(2);
    const retry = stanza('retry', { v: '1', count: '1', id: 'A', t: '1' });
    await world.link.deliver(
      stanza('receipt', { id: 'A', from: parseAddress(bob), type: 'retry', t: '1' }, [retry]),
    );
    await ask('q5');
    expect(questions()).toBe(3);
  });

  it('a command that names somebody by what is no address is refused for good', async () => {
    const nobody = '1-a:b@interop';
    await dispatch('message.send', { ...message, to: nobody }, { id: 'A' });
    await dispatch('query', { kind: 'bundle', peer: nobody }, { correlationId: 'q1' });
    await dispatch('query', { kind: 'devices', peer: nobody }, { correlationId: 'q2' });
    await dispatch('typing.send', { to: nobody, state: 'composing' });
    await dispatch('receipt.send', { to: nobody, kind: 'read', ids: ['B'] });
    await dispatch('block', { peer: nobody, action: 'block' });
    const refused = { type: 'refused', code: 'stanza_invalid', retryable: false };
    expect(outcomes()).toMatchObject([
      { ...refused, id: 'A' },
      { ...refused, correlationId: 'q1' },
      { ...refused, correlationId: 'q2' },
    ]);
    expect(world.link.sent).toEqual([]);
    // Nobody waits for the rest; and a message of the same id is not held up by the one that came to nothing.
    await send('A');
    expect(world.link.tags).toEqual(['message']);
  });

  it('a question about somebody without keys says so', async () => {
    await dispatch('query', { kind: 'bundle', peer: bob }, { correlationId: 'q1' });
    expect(world.read(world.last('answer'))).toEqual({ kind: 'failed', code: 'recipient_unknown' });
  });

  it('prekeys are confirmed once the gatekeeper has taken them', async () => {
    const { sessionKey, gatekeeper } = world.open();
    session.dispatch({
      type: 'prekeys.upload',
      sessionKey,
      gatekeeper,
      registrationId: 1,
      identityKey: base64(32),
      signedPreKey: { id: 1, key: base64(32), signature: base64(64) },
      preKeys: [{ id: 7, key: base64(32) }],
    });
    await settle();
    expect(world.told.at(-1)).toMatchObject({ type: 'prekeys.uploaded', preKeyIds: [7] });
  });

  it('a block is asked of the gatekeeper', async () => {
    await dispatch('block', { peer: bob, action: 'block' });
    expect(world.link.queries.at(-1)?.attrs['xmlns']).toBe('blocklist');
  });
});

describe('the queue of a session that opens', () => {
  it('is bounded: what does not fit is refused, what waited goes out in order', async () => {
    const connected = Promise.withResolvers<void>();
    world = new SessionWorld(clock, captureLogs().logger);
    world.prepare = (link) => (link.connecting = () => connected.promise);
    const { relayKey: _unsealed, ...open } = world.open();
    session = new UpstreamSession(open, world.deps, () => undefined);
    void session.start();
    await settle();
    const { sessionKey, gatekeeper, epoch } = open;
    const clear = { to: bob, state: 'composing' as const };
    const count = limits.upstreamQueueItems.value;
    for (let i = 0; i < count; i += 1) {
      const deadline = clock.now() + (i === 0 ? 0 : 1_000);
      session.dispatch({ type: 'typing.send', sessionKey, gatekeeper, epoch, deadline, body: { clear } });
    }
    const more = { deadline: clock.now() + 1_000, id: 'more', body: { clear: message as never } };
    session.dispatch({ type: 'message.send', sessionKey, gatekeeper, epoch, ...more });
    await settle();
    expect(outcomes()).toMatchObject([{ id: 'more', code: 'not_connected', retryable: true }]);
    connected.resolve();
    await settle();
    expect(world.link.sent).toHaveLength(count - 1);
  });
});

describe('AwaitedAcks', () => {
  it('settles each wait once: by its acknowledgement, its deadline or the end', async () => {
    const awaited = new AwaitedAcks(clock, 3);
    const results = [awaited.wait('a', 10), awaited.wait('b', 10), awaited.wait('c', 1_000)];
    expect(awaited.full).toBe(true);
    expect(awaited.has('a')).toBe(true);
    awaited.settle('a', ack('a'));
    awaited.settle('a', undefined);
    awaited.settle('nobody', ack('x'));
    await clock.advance(10);
    awaited.settleAll();
    expect(await Promise.all(results)).toEqual([ack('a'), undefined, undefined]);
    expect([awaited.full, awaited.has('c')]).toEqual([false, false]);
  });

  it('with a deadline that has passed settles at once', async () => {
    const awaited = new AwaitedAcks(clock, 1);
    const result = awaited.wait('a', -5);
    await clock.advance(0);
    expect(await result).toBeUndefined();
  });
});

import { parseAddress } from '@causeway/jid';
import { captureLogs, FakeClock } from '@causeway/testing';
import { limits } from '@causeway/limits';
import { stanza, type Stanza } from '@causeway/xml';
import { beforeEach, describe, expect, it } from 'vitest';
import { SessionWorld } from '../fixtures/session-world.js';
import { UpstreamSession } from './upstream-session.js';

const bobText = '4915550002@s.whatsapp.net';
const bob = parseAddress(bobText);
const server = parseAddress('s.whatsapp.net');
const ciphertext = Buffer.from('ciphertext');

let clock: FakeClock;
let world: SessionWorld;
let session: UpstreamSession;

const settle = () => clock.advance(0);
const deliver = (received: Stanza) => world.link.deliver(received);
const message = (id: string, attrs = {}) =>
  stanza('message', { id, from: bob, type: 'text', t: '1', ...attrs }, [
    stanza('enc', { v: '2', type: 'msg' }, ciphertext),
  ]);
async function acknowledge(refs: number[], stage: 'delivered' | 'stored' = 'delivered'): Promise<void> {
  const { sessionKey, gatekeeper, epoch } = world.open();
  session.dispatch({ type: 'ack', sessionKey, gatekeeper, epoch, refs, stage });
  await settle();
}
const refsOf = () => world.downstream.flatMap((event) => ('ref' in event ? [event.ref] : []));
const pulls = () => world.link.sent.filter(({ tag }) => tag === 'ib').length;

beforeEach(async () => {
  clock = new FakeClock();
  world = new SessionWorld(clock, captureLogs().logger);
  session = new UpstreamSession(world.open(), world.deps, () => undefined);
  void session.start();
  await settle();
});

describe('invariant 4: nothing is acknowledged upstream before the device acknowledged it', () => {
  it('a message becomes a delivery receipt, a receipt and a change of identity an acknowledgement', async () => {
    await deliver(message('A'));
    await deliver(stanza('receipt', { id: 'B', from: bob, type: 'read', t: '2' }));
    const identity = stanza('notification', { id: 'C', from: bob, type: 'encrypt' }, [stanza('identity')]);
    await deliver(identity);
    expect(world.types).toEqual(['opened', 'message', 'receipt', 'identity.changed']);
    expect(world.link.sent).toEqual([]);
    await acknowledge(refsOf());
    expect(world.link.sent).toEqual([
      stanza('receipt', { id: 'A', to: bob }),
      stanza('ack', { class: 'receipt', id: 'B', to: bob, type: 'read' }),
      stanza('ack', { class: 'notification', id: 'C', to: bob, type: 'encrypt' }),
    ]);
  });

  it('a message that is durable here is acknowledged without telling its sender that the device has it', async () => {
    await deliver(message('A'));
    await acknowledge(refsOf(), 'stored');
    expect(world.link.sent).toEqual([stanza('ack', { class: 'message', id: 'A', to: bob })]);
  });

  it('a number that is not there, or was settled before, settles nothing', async () => {
    await deliver(message('A'));
    await acknowledge([...refsOf(), ...refsOf(), 1, 99]);
    await acknowledge(refsOf());
    expect(world.link.sent).toHaveLength(1);
  });

  it('content is sealed to the connection and nothing else names the sender', async () => {
    await deliver(message('A'));
    const event = world.last('message');
    expect(JSON.stringify(event)).not.toMatch(/4915550002|Y2lwaGVydGV4dA/);
    expect(world.read(event)).toMatchObject({ from: bobText });
  });
});

describe('order', () => {
  it('is that of the gatekeeper, also when publishing takes its time', async () => {
    world.publishing = (event) =>
      new Promise(
        (resolve) => void clock.setTimeout(resolve, 'ref' in event && event.ref % 2 === 0 ? 500 : 10),
      );
    const delivered = ['A', 'B', 'C', 'D'].map((id) => deliver(message(id)));
    await clock.advance(5_000);
    await Promise.all(delivered);
    const ids = world.downstream.filter(({ type }) => type === 'message').map((event) => world.read(event));
    expect(ids).toMatchObject([{ id: 'A' }, { id: 'B' }, { id: 'C' }, { id: 'D' }]);
    expect(refsOf()).toEqual(refsOf().toSorted((a, b) => a - b));
  });

  it('recognises a repeated stanza, and tells apart senders, ids, kinds and attempts', async () => {
    await deliver(message('A'));
    await deliver(message('A'));
    await deliver(message('B'));
    await deliver(message('A', { from: parseAddress('somebody@s.whatsapp.net') }));
    await deliver(stanza('receipt', { id: 'A', from: bob }));
    const resent = stanza('enc', { v: '2', type: 'msg', count: '1' }, ciphertext);
    await deliver(stanza('message', { id: 'A', from: bob, type: 'text' }, [resent]));
    const [first, second, ...others] = world.downstream.flatMap((event) =>
      'dedupe' in event ? [event.dedupe] : [],
    );
    expect(second).toBe(first);
    expect(new Set([first, ...others]).size).toBe(5);
  });
});

describe('refusals', () => {
  it.each<[string, Stanza, string]>([
    ['a message without ciphertext', stanza('message', { id: 'A', from: bob }), '487'],
    [
      'an identity of nobody',
      stanza('notification', { id: 'A', from: { user: '', server: 'x' }, type: 'encrypt' }, [
        stanza('identity'),
      ]),
      '487',
    ],
    [
      'an identity of an endless somebody',
      stanza('notification', { id: 'A', from: { ...bob, user: 'x'.repeat(300) }, type: 'encrypt' }, [
        stanza('identity'),
      ]),
      '487',
    ],
    ['a message from a text', message('A', { from: bobText }), '487'],
    ['a message from a text in a group', message('A', { participant: bobText }), '487'],
    ['a message to a text', message('A', { to: '7-1@interop' }), '487'],
    ['a receipt from a text', stanza('receipt', { id: 'A', from: bobText, type: 'read' }), '487'],
    [
      'a receipt that nobody needs, from a text',
      stanza('receipt', { id: 'A', from: bobText, type: 'sender' }),
      '487',
    ],
    [
      'an identity of a text',
      stanza('notification', { id: 'A', from: bobText, type: 'encrypt' }, [stanza('identity')]),
      '487',
    ],
    ['a call from a text', stanza('call', { id: 'A', from: bobText }), '487'],
    ['a receipt for nothing printable', stanza('receipt', { id: 'A B', from: bob }), '487'],
    [
      'a ciphertext that does not fit the relay',
      stanza('message', { id: 'A', from: bob }, [
        stanza('enc', { v: '2', type: 'msg' }, Buffer.alloc(200_000)),
      ]),
      '500',
    ],
  ])('%s is refused with the wire’s reason and counted', async (_what, received, error) => {
    await deliver(received);
    expect(world.link.sent).toMatchObject([
      { tag: 'ack', attrs: { id: received.attrs['id'], to: received.attrs['from'], error } },
    ]);
    expect(await world.metrics.render()).toContain(
      `session_nacks_total{reason="${error}",service="session"} 1`,
    );
    expect(world.types).toEqual(['opened']);
    expect(world.links).toHaveLength(1);
  });

  it('the largest ciphertext that is taken fits an item of the mailbox', async () => {
    const enc = stanza('enc', { v: '2', type: 'pkmsg' }, Buffer.alloc(limits.stanzaCiphertextBytes.value));
    await deliver(stanza('message', { id: 'A'.repeat(128), from: { ...bob, user: 'x'.repeat(241) } }, [enc]));
    const bytes = Buffer.byteLength(JSON.stringify(world.last('message')));
    expect(bytes).toBeLessThan(limits.ephemeralMailboxItemBytes.value);
  });

  it('a damaged stanza is refused by its head, whatever it may have been', async () => {
    await world.link.deliverUnreadable(stanza('receipt', { id: 'A', from: bob }));
    await world.link.deliverUnreadable(stanza('message', {}));
    expect(world.link.sent).toMatchObject([{ attrs: { class: 'receipt', id: 'A', error: '487' } }]);
    expect(world.types).toEqual(['opened']);
  });

  it('what is unknown, and what concerns other devices, is passed over', async () => {
    await deliver(stanza('presence', { from: bob }));
    await deliver(stanza('receipt', { id: 'A', from: bob, type: 'sender' }));
    expect(world.link.sent).toEqual([stanza('ack', { class: 'receipt', id: 'A', to: bob, type: 'sender' })]);
    expect(world.types).toEqual(['opened']);
  });

  it('a call is settled and an unknown kind refused, so that neither comes again', async () => {
    await deliver(stanza('call', { id: 'C', from: bob }, [stanza('offer')]));
    await deliver(stanza('novelty', { id: 'N', from: bob }));
    await deliver(stanza('iq', { id: 'Q', from: bob, type: 'set' }));
    expect(world.link.sent).toEqual([
      stanza('ack', { class: 'call', id: 'C', to: bob }),
      stanza('ack', { class: 'novelty', id: 'N', to: bob, error: '488' }),
    ]);
    expect(world.types).toEqual(['opened']);
  });
});

describe('the backlog', () => {
  const preview = (count: number) => stanza('ib', {}, [stanza('offline_preview', { count: String(count) })]);

  it('is pulled on past stanzas that are refused or need no device', async () => {
    await deliver(preview(100));
    for (let i = 0; i < 3; i += 1) await deliver(stanza('message', { id: `bad${i}`, from: bob }));
    await deliver(stanza('receipt', { id: 'A', from: bob, type: 'sender' }));
    expect(pulls()).toBe(0);
    await world.link.deliverUnreadable(stanza('message', { id: 'damaged', from: bob }));
    expect(pulls()).toBe(1);
  });

  it('waits for the device, and never asks for more than fits the window', async () => {
    await deliver(preview(1000));
    for (let i = 0; i < 5; i += 1) await deliver(message(`A${i}`));
    expect(pulls()).toBe(0);
    await acknowledge(refsOf());
    expect(world.link.sent.at(-1)).toEqual(stanza('ib', {}, [stanza('offline_batch', { count: '100' })]));
    for (let i = 0; i < 100; i += 1) await deliver(message(`B${i}`));
    await acknowledge(refsOf().slice(-100, -50));
    expect(pulls()).toBe(2);
    await deliver(stanza('ib', {}, [stanza('offline', { count: '0' })]));
    await acknowledge(refsOf());
    expect(pulls()).toBe(2);
  });
});

describe('what concerns the connection alone', () => {
  it('is kept for the next login of this session', async () => {
    const blob = Uint8Array.of(1, 2, 3);
    const routing = [stanza('edge_routing', {}, [stanza('routing_info', {}, blob)])];
    // Nobody settles it, so nobody asks who sent it: a text there does no harm.
    await deliver(stanza('ib', { from: bobText }, routing));
    world.link.drop('connection_lost');
    await clock.advance(2_000);
    expect(world.edgeRoutings).toEqual([undefined, blob]);
  });

  it('is answered where the gatekeeper waits: stale state and questions that nobody understands', async () => {
    await deliver(stanza('ib', {}, [stanza('dirty', { type: 'groups', timestamp: '9' })]));
    expect(world.link.queries.at(-1)?.content).toEqual([stanza('clean', { type: 'groups', timestamp: '9' })]);
    await deliver(stanza('iq', { id: 'Q', from: server, type: 'get' }));
    expect(world.link.sent).toMatchObject([{ tag: 'iq', attrs: { id: 'Q', type: 'error', to: server } }]);
    await deliver(stanza('presence', { from: bob, type: 'available' }));
    await deliver(stanza('iq', { id: 'Q', from: bobText, type: 'get' }));
    expect(world.link.sent).toHaveLength(1);
    await deliver(stanza('iq', { id: 'Q', from: 's.whatsapp.net', type: 'get' }));
    expect(world.link.sent.at(-1)).toMatchObject({ attrs: { id: 'Q', to: 's.whatsapp.net' } });
  });
});

describe('a full window', () => {
  const most = limits.upstreamUnackedStanzas.value;

  let last: Promise<unknown>;

  async function deliverOneTooMany(): Promise<void> {
    for (let i = 0; i < most; i += 1) await deliver(message(`A${i}`));
    last = deliver(message('more'));
    await settle();
    expect(refsOf()).toHaveLength(most);
  }

  it('lets what comes wait, so that reading stops, and goes on when the device has acknowledged', async () => {
    await deliverOneTooMany();
    await acknowledge(refsOf().slice(0, 1));
    expect(refsOf()).toHaveLength(most + 1);
    await acknowledge(refsOf().slice(1));
    expect(world.link.sent.map(({ attrs }) => attrs.id)).toEqual([
      ...Array.from({ length: most }, (_, i) => `A${i}`),
      'more',
    ]);
    expect(world.links).toHaveLength(1);
  });

  it('of a device that acknowledges nothing ends the login at the deadline, and nobody waits any longer', async () => {
    await deliverOneTooMany();
    await clock.advance(limits.acknowledgementDeadlineMs.value);
    expect(world.last('closed')).toMatchObject({ code: 'acknowledgement_late', final: false });
    await last;
    expect(refsOf()).toHaveLength(most);
  });
});

describe('typing, prekeys and identity', () => {
  it('typing is handed on and needs no answer', async () => {
    await deliver(stanza('chatstate', { from: bob }, [stanza('composing')]));
    expect(world.read(world.last('typing'))).toEqual({ from: bobText, state: 'composing' });
    await deliver(stanza('chatstate', { from: bob }, [stanza('dancing')]));
    await deliver(stanza('chatstate', { from: bobText }, [stanza('composing')]));
    expect(world.types.filter((type) => type === 'typing')).toHaveLength(1);
    expect(world.link.sent).toEqual([]);
    expect(world.links).toHaveLength(1);
  });

  it.each([server, 's.whatsapp.net'])('low prekeys are reported and acknowledged: %j', async (from) => {
    const low = stanza('notification', { id: 'N', from, type: 'encrypt' }, [stanza('count', { value: '3' })]);
    await deliver(low);
    expect(world.told.at(-1)).toMatchObject({ type: 'prekeys.low', remaining: 3 });
    expect(world.link.tags).toEqual(['ack']);
  });

  it('invariant 12: a change of identity waits for the device as a message does', async () => {
    const identity = stanza('notification', { id: 'C', from: bob, type: 'encrypt' }, [stanza('identity')]);
    await deliver(identity);
    expect(world.read(world.last('identity.changed'))).toEqual({ peer: bobText });
    await clock.advance(21_000);
    expect(world.last('closed')).toMatchObject({ code: 'acknowledgement_late' });
  });
});

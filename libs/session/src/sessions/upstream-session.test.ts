import { parseAddress } from '@causeway/jid';
import { captureLogs, FakeClock } from '@causeway/testing';
import { stanza } from '@causeway/xml';
import { beforeEach, describe, expect, it } from 'vitest';
import { SessionWorld } from '../fixtures/session-world.js';
import { LinkRefused, TokenDenied, type Command } from './ports.js';
import { UpstreamSession } from './upstream-session.js';

const bob = '4915550002@s.whatsapp.net';

let clock: FakeClock;
let world: SessionWorld;
let gone: boolean;
let logs: ReturnType<typeof captureLogs>;
let session: UpstreamSession;

function start(change: Partial<Command<'open'>> = {}): void {
  gone = false;
  session = new UpstreamSession(world.open(change), world.deps, () => (gone = true));
  void session.start();
}
const settle = () => clock.advance(0);
const message = (id: string) =>
  stanza('message', { id, from: parseAddress(bob), type: 'text', t: '1' }, [
    stanza('enc', { v: '2', type: 'msg' }, Buffer.from('ciphertext')),
  ]);
function send(id: string): void {
  const command = { type: 'message.send' as const, id };
  const { sessionKey, gatekeeper, epoch } = world.open();
  const clear = { to: bob, stanzaType: 'text', encrypted: { type: 'msg', ciphertext: 'AAAA' } };
  const body = world.types.includes('opened') ? world.seal(command, clear) : { clear };
  const deadline = clock.now() + 30_000;
  session.dispatch({ ...command, sessionKey, gatekeeper, epoch, deadline, body } as Command);
}

beforeEach(() => {
  clock = new FakeClock();
  logs = captureLogs();
  world = new SessionWorld(clock, logs.logger);
});

describe('a login', () => {
  it('tells the device before it lets the gatekeeper deliver', async () => {
    start();
    await settle();
    expect(world.types).toEqual(['opened']);
    expect(world.read(world.last('opened'))).toEqual({ jid: '7-42@interop' });
    expect(world.last('opened').afterRef).toBe(world.clock.now() * 1000);
    expect(world.told).toMatchObject([{ type: 'opened', epoch: 5 }]);
    expect(world.link.queries.map(({ attrs }) => attrs['xmlns'])).toEqual(['encrypt', 'passive', 'encrypt']);
  });

  it('hands nothing on before the device knows the key to which it is sealed', async () => {
    world.prepare = (link) => {
      link.connecting = async () => void link.deliver(message('early'));
    };
    start();
    await settle();
    expect(world.types).toEqual(['opened', 'message']);
    expect(world.read(world.last('message'))).toMatchObject({ id: 'early' });
  });

  it('reports low prekeys, and does without the count when the gatekeeper does not say it', async () => {
    world.prepare = (link) => {
      link.answering = async () => stanza('iq', {}, [stanza('count', { value: '4' })]);
    };
    start();
    await settle();
    expect(world.told.at(-1)).toMatchObject({ type: 'prekeys.low', remaining: 4 });
    session.close('device_gone');
    await settle();
    world.prepare = (link) => {
      link.answering = async ({ attrs }) => {
        if (attrs['xmlns'] === 'encrypt')
          throw new LinkRefused({ code: 'query_refused', advice: 'back-off' });
        return stanza('iq');
      };
    };
    start();
    await settle();
    expect(world.link.queries).toHaveLength(3);
    expect(world.link.closed).toBe(false);
  });

  it('is not tried again when it would not help', async () => {
    world.prepare = (link) => {
      link.connecting = async () => {
        throw new LinkRefused({ code: 'account_unknown', advice: 'stop' });
      };
    };
    start();
    await settle();
    expect(world.downstream).toMatchObject([{ type: 'closed', code: 'account_unknown', final: true }]);
    expect(world.told).toMatchObject([{ type: 'refused', code: 'account_unknown' }]);
    expect(gone).toBe(true);
    expect(world.link.closed).toBe(true);
  });

  it.each([
    [true, true],
    [false, false],
  ])('without a token is over when that is final (%s)', async (final, over) => {
    world.minting = async () => {
      throw new TokenDenied('token_denied', final);
    };
    start();
    await settle();
    expect(world.downstream).toMatchObject([{ type: 'closed', code: 'token_denied', final }]);
    expect(gone).toBe(over);
    expect(world.links).toEqual([]);
  });
});

describe('a loss', () => {
  it('is followed by logins after 1, 1, 2, 3 … seconds, and from the beginning after a stable one', async () => {
    start();
    await settle();
    for (const seconds of [1, 1, 2, 3]) {
      const before = world.links.length;
      world.link.drop('connection_lost');
      await settle();
      expect(world.last('closed')).toMatchObject({ code: 'connection_lost', final: false });
      await clock.advance(seconds * 899);
      expect(world.links).toHaveLength(before);
      await clock.advance(seconds * 202);
      expect(world.links).toHaveLength(before + 1);
    }
    await clock.advance(30_001);
    const before = world.links.length;
    world.link.drop('connection_lost');
    await clock.advance(1_101);
    expect(world.links).toHaveLength(before + 1);
  });

  it('does not begin anew with failing logins, however long each takes', async () => {
    world.minting = () =>
      new Promise((_resolve, reject) => void clock.setTimeout(() => reject(new Error('x')), 40_000));
    start();
    await settle();
    for (const seconds of [1, 1, 2]) await clock.advance(40_000 + seconds * 1_101);
    expect(world.tokenPurposes).toHaveLength(4);
    await clock.advance(40_000 + 1_800);
    expect(world.tokenPurposes).toHaveLength(4);
  });

  it('uses a new key: what was sealed before cannot be read with it', async () => {
    start();
    await settle();
    await world.link.deliver(message('A'));
    const before = world.last('message');
    world.link.drop('connection_lost');
    await clock.advance(2_000);
    expect(() => world.read(before)).toThrow('relay_body_unreadable');
  });

  it('hands on nothing of the old login any more', async () => {
    start();
    await settle();
    const old = world.link;
    old.drop('connection_lost');
    await settle();
    await old.deliver(message('late'));
    expect(world.types).not.toContain('message');
  });
});

describe('a session that is being taken over', () => {
  it('takes its account back three times an hour, then it is contested', async () => {
    start();
    await settle();
    for (let i = 0; i < 3; i += 1) {
      world.link.drop('replaced', 'check-owner');
      await clock.advance(10_000);
    }
    expect(world.links).toHaveLength(4);
    expect(gone).toBe(false);
    world.link.drop('replaced', 'check-owner');
    await settle();
    expect(gone).toBe(true);
    expect(world.last('closed')).toMatchObject({ code: 'session_contested', final: true });
    expect(logs.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  it('forgets after an hour', async () => {
    start();
    await settle();
    for (let i = 0; i < 8; i += 1) {
      world.link.drop('replaced', 'check-owner');
      await clock.advance(20 * 60_000 + 10_000);
    }
    expect(gone).toBe(false);
  });
});

describe('invariant 4: no upstream connection outlives the device’s', () => {
  it.each(['connect', 'count', 'active'])('also when it ends during %s', async (during) => {
    const never = new Promise<never>(() => undefined);
    world.prepare = (link) => {
      if (during === 'connect') link.connecting = () => never;
      link.answering = ({ attrs }) =>
        attrs['xmlns'] === (during === 'count' ? 'encrypt' : 'passive')
          ? never
          : Promise.resolve(stanza('iq'));
    };
    start();
    await settle();
    session.close('device_gone');
    await settle();
    expect(world.link.closed).toBe(true);
    expect(gone).toBe(true);
  });

  it('nor is one begun for a session that was closed before its turn, or while it waited', async () => {
    session = new UpstreamSession(world.open(), world.deps, () => (gone = true));
    session.close('superseded');
    await session.start();
    expect(world.tokenPurposes).toEqual([]);
    start();
    await settle();
    world.link.drop('connection_lost');
    await settle();
    session.close('device_gone');
    await clock.advance(60_000);
    expect(world.links).toHaveLength(1);
    expect(gone).toBe(true);
  });

  it('and when the partition goes to another pod, that pod alone speaks for it', async () => {
    start();
    await settle();
    session.close('partition_lost');
    await settle();
    expect(world.types).toEqual(['opened']);
    expect(world.told.map(({ type }) => type)).toEqual(['opened']);
  });

  it('and a connection that we ended is not told to be final', async () => {
    start();
    await settle();
    session.close('presence_unreadable');
    await settle();
    expect(world.last('closed')).toMatchObject({ final: false });
  });
});

describe('invariant 2: what the device does not acknowledge is delivered again', () => {
  it('by a new login after 20 seconds', async () => {
    start();
    await settle();
    await world.link.deliver(message('A'));
    await clock.advance(20_000);
    expect(world.links).toHaveLength(1);
    await clock.advance(1_000);
    expect(world.last('closed')).toMatchObject({ code: 'acknowledgement_late', final: false });
    await clock.advance(2_000);
    expect(world.links).toHaveLength(2);
  });

  it('and a device that acknowledges in time keeps its login', async () => {
    start();
    await settle();
    for (let i = 0; i < 10; i += 1) {
      await world.link.deliver(message(`A${i}`));
      await clock.advance(15_000);
      const { ref, sessionKey, gatekeeper, epoch } = world.last('message');
      session.dispatch({ type: 'ack', sessionKey, gatekeeper, epoch, refs: [ref], stage: 'delivered' });
      await settle();
    }
    expect(world.links).toHaveLength(1);
    expect(world.link.tags).toEqual(Array.from({ length: 10 }, () => 'receipt'));
  });

  it('also when an event cannot be published', async () => {
    world.publishing = async ({ type }) => {
      if (type === 'message') throw new Error('down');
    };
    start();
    await settle();
    await world.link.deliver(message('A'));
    await settle();
    expect(world.last('closed')).toMatchObject({ code: 'relay_unavailable' });
    expect(world.link.sent).toEqual([]);
  });
});

describe('commands', () => {
  it('wait while the session opens, and go out in their order', async () => {
    const connected = Promise.withResolvers<void>();
    world.prepare = (link) => (link.connecting = () => connected.promise);
    start({ relayKey: undefined } as object);
    await settle();
    send('A');
    send('B');
    connected.resolve();
    await settle();
    expect(world.link.sent.map(({ attrs }) => attrs['id'])).toEqual(['A', 'B']);
  });

  it('are refused after a loss, and work again after the next login', async () => {
    start();
    await settle();
    world.link.drop('connection_lost');
    await settle();
    send('A');
    await settle();
    expect(world.last('refused')).toMatchObject({ id: 'A', code: 'not_connected', retryable: true });
    await clock.advance(2_000);
    send('A');
    await settle();
    expect(world.link.sent).toHaveLength(1);
  });

  it('that wait for a login that fails are refused', async () => {
    const connected = Promise.withResolvers<void>();
    world.prepare = (link) => (link.connecting = () => connected.promise);
    start({ relayKey: undefined } as object);
    await settle();
    send('A');
    connected.reject(new LinkRefused({ code: 'connect_failed', advice: 'back-off' }));
    await settle();
    expect(world.last('refused')).toMatchObject({ id: 'A', code: 'not_connected' });
  });
});

describe('invariant 7: leaving', () => {
  it('asks for the deletion, confirms it and destroys the key, with a token good for nothing else', async () => {
    start({ reason: 'deletion' });
    await settle();
    expect(world.tokenPurposes).toEqual(['deletion']);
    expect(world.link.queries.map(({ attrs }) => attrs['xmlns'])).toEqual(['w:interop']);
    expect(world.told).toMatchObject([{ type: 'deletion.confirmed' }, { type: 'closed', code: 'deleted' }]);
    expect(world.destroyed).toEqual([`${world.open().sessionKey} ${world.noiseKeyRequestedAt}`]);
    expect(gone).toBe(true);
  });

  it('destroys the key as it was before the token was minted, whatever was made since', async () => {
    const before = world.noiseKeyRequestedAt;
    world.minting = async () => void (world.noiseKeyRequestedAt = '2026-11-28 12:00:00.000002+00');
    start({ reason: 'deletion' });
    await settle();
    expect(world.destroyed).toEqual([`${world.open().sessionKey} ${before}`]);
  });

  it('destroys nothing where no key was kept when it began', async () => {
    world.noiseKeyRequestedAt = undefined;
    start({ reason: 'deletion' });
    await settle();
    expect(world.told).toMatchObject([{ type: 'deletion.confirmed' }, { code: 'deleted' }]);
    expect(world.destroyed).toEqual([]);
  });

  it('is confirmed also when the gatekeeper no longer knows the account', async () => {
    world.prepare = (link) => {
      link.connecting = async () => {
        throw new LinkRefused({ code: 'account_unknown', advice: 'stop' });
      };
    };
    start({ reason: 'deletion' });
    await settle();
    expect(world.told).toMatchObject([{ type: 'deletion.confirmed' }, { code: 'deleted' }]);
  });

  it('is asked for again until it is confirmed, and receives nothing meanwhile', async () => {
    world.prepare = (link) => {
      link.answering = async () => {
        throw new LinkRefused({ code: 'query_timeout', advice: 'back-off' });
      };
    };
    start({ reason: 'deletion' });
    await settle();
    void world.link.deliver(message('A'));
    world.prepare = () => undefined;
    await clock.advance(2_000);
    expect(world.types).not.toContain('message');
    expect(world.told.at(-2)).toMatchObject({ type: 'deletion.confirmed' });
  });
});

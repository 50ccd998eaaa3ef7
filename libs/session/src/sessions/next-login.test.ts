import { captureLogs, FakeClock } from '@causeway/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { sessionKeyNumber, SessionWorld } from '../fixtures/session-world.js';
import { LinkRefused, type Command } from './ports.js';
import { UpstreamSession } from './upstream-session.js';

let clock: FakeClock;
let world: SessionWorld;
let session: UpstreamSession;

function start(change: Partial<Command<'open'>> = {}): void {
  session = new UpstreamSession(world.open(change), world.deps, () => undefined);
  void session.start();
}
const settle = () => clock.advance(0);

beforeEach(() => {
  clock = new FakeClock();
  world = new SessionWorld(clock, captureLogs().logger);
});

describe('what the gatekeeper asks for', () => {
  it('a login at once is begun at once', async () => {
    start();
    await settle();
    world.link.drop('stream_restart', 'restart');
    await settle();
    expect(world.links).toHaveLength(2);
  });

  it('a token that was not used before is minted anew, four times an hour', async () => {
    world.prepare = (link) => {
      link.connecting = async () => {
        throw new LinkRefused({ code: 'token_expired', advice: 'fresh-token' });
      };
    };
    start();
    await settle();
    expect(world.freshTokens).toEqual([false, true, true, true, true]);
    await clock.advance(20_000);
    expect(world.freshTokens.slice(5)).toEqual([false]);
  });

  it('to be left alone is kept, also when the device connects anew', async () => {
    world.prepare = (link) => {
      link.connecting = async () => {
        throw new LinkRefused({ code: 'paused_same_message', advice: 'pause', waitMs: 600_000 });
      };
    };
    start();
    await settle();
    expect(world.last('closed')).toMatchObject({ code: 'paused_same_message', final: false });
    session.close('device_gone');
    await clock.advance(100_000);
    world.prepare = () => undefined;
    start({ epoch: 6 });
    await clock.advance(499_000);
    expect(world.last('closed')).toMatchObject({ code: 'paused_same_message', epoch: 6 });
    expect(world.links).toHaveLength(1);
    await clock.advance(1_001);
    expect(world.links).toHaveLength(2);
    expect(world.types.at(-1)).toBe('opened');
  });
});

describe('a rate limit', () => {
  it('is kept to by a device that connects anew, and by whoever owns its session next', async () => {
    world.prepare = (link) => {
      link.connecting = async () => {
        throw new LinkRefused({ code: 'rate_limited', advice: 'slow-down' });
      };
    };
    start();
    await settle();
    session.close('device_gone');
    world.prepare = () => undefined;
    start({ epoch: 6 });
    await settle();
    expect(world.last('closed')).toMatchObject({ code: 'rate_limited', epoch: 6, final: false });
    expect(world.links).toHaveLength(1);
    const { sessionKey } = world.open();
    const [{ forMs } = { forMs: 0 }] = world.rests;
    expect(world.rests).toEqual([{ sessionKey, kind: 'login', code: 'rate_limited', forMs }]);
    await clock.advance(forMs);
    expect(world.links).toHaveLength(2);
  });
});

describe('a turn to log in', () => {
  it('is waited for, and given back when the device leaves', async () => {
    world = new SessionWorld(clock, captureLogs().logger, { capacity: 1, refillPerSecond: 1 });
    start();
    const first = session;
    start({ sessionKey: sessionKeyNumber(1) });
    const second = session;
    start({ sessionKey: sessionKeyNumber(2) });
    await settle();
    expect([first.state, second.state, session.state]).toEqual(['open', 'queued', 'queued']);
    second.close('device_gone');
    await clock.advance(1_000);
    expect(second.state).toBe('closed');
    expect(session.state).toBe('open');
    expect(world.links).toHaveLength(2);
  });
});

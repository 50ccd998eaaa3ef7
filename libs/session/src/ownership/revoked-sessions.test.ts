import type { SessionKey } from '@causeway/contracts/ids';
import { captureLogs, FakeClock } from '@causeway/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { sessionKeyNumber, SessionWorld } from '../fixtures/session-world.js';
import { LinkRefused } from '../sessions/ports.js';
import { SessionRegistry } from '../sessions/session-registry.js';
import { closeRevoked } from './revoked-sessions.js';

let clock: FakeClock;
let world: SessionWorld;
let registry: SessionRegistry;
/** What each session may be open for; absent for nothing. */
let rights: Map<SessionKey, 'reconnect' | 'deletion'>;

beforeEach(async () => {
  clock = new FakeClock();
  world = new SessionWorld(clock, captureLogs().logger);
  registry = new SessionRegistry(world.deps);
  rights = new Map([1, 2, 3].map((number) => [sessionKeyNumber(number), 'reconnect']));
  for (const sessionKey of rights.keys()) registry.open(world.open({ sessionKey }), 0);
  await clock.advance(0);
});

const openings = {
  async reasonOf(sessionKey: SessionKey) {
    const reason = rights.get(sessionKey);
    return reason && { userId: world.open().userId, reason };
  },
};
const deviceOf = (number: number) => sessionKeyNumber(number).slice(0, 36);
const open = () => registry.all().map(({ opened }) => opened.sessionKey);

describe('invariant 7: sessions of those who lost their right', () => {
  it('are closed without an event, and only theirs', async () => {
    rights.delete(sessionKeyNumber(1));
    rights.delete(sessionKeyNumber(2));
    await closeRevoked(registry, openings, [deviceOf(1), deviceOf(3)]);
    await clock.advance(0);
    expect(open()).toEqual([sessionKeyNumber(2), sessionKeyNumber(3)]);
    expect(world.links[0]?.closed).toBe(true);
    expect(world.downstream.at(-1)).toMatchObject({ type: 'closed', code: 'rights_revoked' });
  });

  it('are all looked at when it is not said whose', async () => {
    rights.clear();
    await closeRevoked(registry, openings, 'all');
    await clock.advance(0);
    expect(open()).toEqual([]);
    expect(world.links.every(({ closed }) => closed)).toBe(true);
  });

  it('may go on for the deletion alone, in a login for nothing else', async () => {
    const sessionKey = sessionKeyNumber(4);
    world.prepare = (link) => {
      link.answering = async () => {
        throw new LinkRefused({ code: 'query_timeout', advice: 'back-off' });
      };
    };
    registry.open(world.open({ sessionKey, reason: 'deletion' }), 0);
    rights.set(sessionKeyNumber(1), 'deletion').set(sessionKey, 'deletion');
    await closeRevoked(registry, openings, 'all');
    await clock.advance(0);
    expect(open()).toEqual([sessionKeyNumber(2), sessionKeyNumber(3), sessionKey]);
  });

  it('are given again when rights cannot be read', async () => {
    const failing = { reasonOf: () => Promise.reject(new Error('down')) };
    await expect(closeRevoked(registry, failing, 'all')).rejects.toThrow('down');
    expect(open()).toHaveLength(3);
  });

  it('take no new message while it is not known who may send', async () => {
    world.knowsRights = false;
    const { sessionKey, gatekeeper, epoch } = world.open({ sessionKey: sessionKeyNumber(1) });
    const command = { sessionKey, gatekeeper, epoch, deadline: clock.now() + 1_000 };
    const body = { sealed: 'AAAA' };
    registry.dispatch({ type: 'message.send', ...command, id: 'A', body }, 0);
    await clock.advance(0);
    expect(world.last('refused')).toMatchObject({ id: 'A', code: 'revocations_unreadable', retryable: true });
    expect(world.links[0]?.sent).toEqual([]);
  });
});

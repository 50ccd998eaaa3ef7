import { limits } from '@causeway/limits';
import { captureLogs, FakeClock } from '@causeway/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { sessionKeyNumber, SessionWorld } from '../fixtures/session-world.js';
import { LinkRefused, TokenDenied } from '../sessions/ports.js';
import { Deletions } from './deletions.service.js';

let clock: FakeClock;
let world: SessionWorld;
let deletions: Deletions;

beforeEach(() => {
  clock = new FakeClock();
  world = new SessionWorld(clock, captureLogs().logger);
  deletions = withProfile(true);
});

const withProfile = (deletionWithoutDevice: boolean) =>
  new Deletions(new Map([['simulator', { deletionWithoutDevice }]]), world.deps);
const request = (number = 1) => ({ sessionKey: sessionKeyNumber(number), userId: world.open().userId });

describe('invariant 7: leaving without the device', () => {
  it('logs in with a token for the deletion, sends nothing else, and destroys the key', async () => {
    expect(await deletions.delete(request())).toBe('deleted');
    expect(world.tokenPurposes).toEqual(['deletion']);
    expect(world.link.queries.map(({ attrs }) => attrs['xmlns'])).toEqual(['w:interop']);
    expect(world.link.sent).toEqual([]);
    expect(world.link.closed).toBe(true);
    expect(world.told.map(({ type }) => type)).toEqual(['deletion.confirmed']);
    expect(world.destroyed).toEqual([`${sessionKeyNumber(1)} ${world.noiseKeyRequestedAt}`]);
    expect(world.downstream).toEqual([]);
  });

  it('is not done where the profile does not allow it', async () => {
    expect(await withProfile(false).delete(request())).toBe('deletion_needs_device');
    expect(await new Deletions(new Map(), world.deps).delete(request())).toBe('deletion_needs_device');
    expect(world.links).toEqual([]);
  });

  it('is not done for whom accounts mints no such token', async () => {
    world.minting = async () => {
      throw new TokenDenied('token_denied', true);
    };
    expect(await deletions.delete(request())).toBe('token_denied');
    expect(world.links).toEqual([]);
  });

  it('says what the gatekeeper answered instead', async () => {
    world.prepare = (link) => {
      link.answering = async () => {
        throw new LinkRefused({ code: 'query_timeout', advice: 'back-off' });
      };
    };
    expect(await deletions.delete(request())).toBe('query_timeout');
    expect(world.destroyed).toEqual([]);
  });

  it('is done once at a time for one account, and for a bounded number of them', async () => {
    const mayConnect = Promise.withResolvers<void>();
    world.minting = () => mayConnect.promise;
    const number = limits.deletionsAtOnce.value;
    const running = Array.from({ length: number }, (_, index) => deletions.delete(request(index + 1)));
    expect(await deletions.delete(request(1))).toBe('under_way');
    expect(await deletions.delete(request(number + 1))).toBe('session_limit_reached');
    mayConnect.resolve();
    expect(new Set(await Promise.all(running))).toEqual(new Set(['deleted']));
    expect(await deletions.delete(request(number + 1))).toBe('deleted');
  });
});

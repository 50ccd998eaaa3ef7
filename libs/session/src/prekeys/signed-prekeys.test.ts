import type { SessionEvent } from '@causeway/contracts/session';
import { limits } from '@causeway/limits';
import { captureLogs, FakeClock } from '@causeway/testing';
import { child, stanza, type Stanza } from '@causeway/xml';
import { beforeEach, describe, expect, it } from 'vitest';
import { SessionWorld } from '../fixtures/session-world.js';
import { LinkRefused, type LinkEnd } from '../sessions/ports.js';
import { UpstreamSession } from '../sessions/upstream-session.js';
import { restAfter } from './refused-rotation.js';

const base64 = (length: number) => Buffer.alloc(length, 1).toString('base64');
const hourMs = 3_600_000;
const refused = (status?: number): LinkEnd => ({
  code: 'query_refused',
  advice: 'back-off',
  ...(status !== undefined && { status }),
});

let clock: FakeClock;
let world: SessionWorld;
let session: UpstreamSession;
/** What the gatekeeper says to a signed prekey; undefined when it takes it. */
let refusal: LinkEnd | undefined;
/** Signed prekeys that were offered, by their ids. */
let offered: number[];
/** The signed prekey that the device has published. */
let published: number;

const id = (value: number) => stanza('id', {}, Uint8Array.of(0, 0, value));
const digest = stanza('iq', {}, [
  stanza('digest', {}, [
    stanza('registration', {}, Uint8Array.of(0, 0, 0, 7)),
    stanza('skey', {}, [id(1)]),
    stanza('list', {}, []),
    stanza('hash', {}, new Uint8Array(20)),
  ]),
]);

function answer(query: Stanza): Stanza {
  if (child(query, 'digest') !== undefined) return digest;
  const skey = child(child(query, 'rotate') ?? query, 'skey');
  if (skey === undefined) return stanza('iq', {}, [stanza('count', { value: '812' })]);
  offered.push((child(skey, 'id')?.content as Uint8Array)[2] ?? 0);
  if (refusal !== undefined) throw new LinkRefused(refusal);
  return stanza('iq', { type: 'result' });
}

function rotate(keyId: number): void {
  const { sessionKey, gatekeeper } = world.open();
  const signedPreKey = { id: keyId, key: base64(32), signature: base64(64) };
  session.dispatch({ type: 'signed-prekey.rotate', sessionKey, gatekeeper, signedPreKey });
}

/** The keys service: a gatekeeper that says that it holds the first signed prekey is given the published one. */
function compare(event: SessionEvent): void {
  if (event.type === 'digest.reported' && published !== 1) rotate(published);
}

async function start(epoch = 5): Promise<void> {
  const events = { ...world.deps.events, session: async (event: SessionEvent) => compare(event) };
  session = new UpstreamSession(world.open({ epoch }), { ...world.deps, events }, () => undefined);
  void session.start();
  await clock.advance(0);
}

beforeEach(() => {
  [clock, refusal, offered, published] = [new FakeClock(), undefined, [], 2];
  world = new SessionWorld(clock, captureLogs().logger);
  world.prepare = (link) => (link.answering = async (query) => answer(query));
});

describe('a signed prekey that the gatekeeper does not have', () => {
  it('is left for a day after an error of the gatekeeper’s own, whoever connects meanwhile', async () => {
    refusal = refused(503);
    await start();
    expect(offered).toEqual([2]);
    expect(world.rests).toMatchObject([{ kind: 'rotation', code: '503', forMs: 24 * hourMs }]);
    session.close('device_gone');
    await start(6);
    rotate(3);
    await clock.advance(23 * hourMs);
    expect(offered).toEqual([2]);
    expect(await world.metrics.render()).toMatch(/rotations_total\{[^}]*outcome="left_alone"[^}]*\} 2/);
  });

  it('is offered again when the day is over, by a session that has held all the time', async () => {
    refusal = refused(500);
    await start();
    refusal = undefined;
    await clock.advance(24 * hourMs - 1_000);
    expect(offered).toEqual([2]);
    await clock.advance(2_000);
    expect(offered).toEqual([2, 2]);
    expect(world.links).toHaveLength(1);
  });

  it('is left by the next owner of the session too', async () => {
    refusal = refused(503);
    await start();
    const { rests } = world;
    world = new SessionWorld(clock, captureLogs().logger);
    world.prepare = (link) => (link.answering = async (query) => answer(query));
    world.deps.rests.restore(rests);
    await start();
    expect(world.types).toContain('opened');
    expect(offered).toEqual([2]);
  });

  it('is left for an hour after a rate limit, and then offered', async () => {
    refusal = refused(429);
    await start();
    await clock.advance(hourMs - 1_000);
    expect(offered).toEqual([2]);
    await clock.advance(2_000);
    expect(offered).toEqual([2, 2]);
  });

  it('and was refused for itself gives way to another one', async () => {
    refusal = refused(406);
    await start();
    refusal = undefined;
    rotate(2);
    rotate(3);
    await clock.advance(0);
    expect(offered).toEqual([2, 3]);
  });

  it('is offered with the next digest when nothing was answered, within a day', async () => {
    refusal = { code: 'query_timeout', advice: 'back-off' };
    await start();
    refusal = undefined;
    expect(world.rests).toEqual([]);
    await clock.advance(limits.prekeyDigestMs.value);
    expect(offered).toEqual([2, 2]);
  });

  it('is taken, and nothing of it is left behind', async () => {
    await start();
    published = 1;
    session.close('device_gone');
    await clock.advance(72 * hourMs);
    expect(offered).toEqual([2]);
    expect(world.link.queries.filter((query) => child(query, 'digest') !== undefined)).toHaveLength(1);
  });
});

describe('what a refusal asks for', () => {
  const day = limits.signedPrekeyRestMs.value;
  it.each<[string, unknown, object | undefined]>([
    ['500', new LinkRefused(refused(500)), { code: '500', forMs: day }],
    ['530', new LinkRefused(refused(530)), { code: '530', forMs: day }],
    ['429', new LinkRefused(refused(429)), { code: '429', forMs: limits.signedPrekeyBusyMs.value }],
    ['406', new LinkRefused(refused(406)), { code: '406', forMs: day, keyId: 7 }],
    [
      'an error without a number',
      new LinkRefused(refused()),
      { code: 'query_refused', forMs: day, keyId: 7 },
    ],
    ['no answer', new LinkRefused({ code: 'query_timeout', advice: 'back-off' }), undefined],
    ['a fault of ours', new Error('x'), undefined],
  ])('after %s', (_what, error, rest) => {
    expect(restAfter(error, 7)).toEqual(rest);
  });
});

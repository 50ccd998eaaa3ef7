import type { SessionEvent } from '@causeway/contracts/session';
import { limits } from '@causeway/limits';
import { captureLogs, FakeClock } from '@causeway/testing';
import { child, children, stanza, type Stanza } from '@causeway/xml';
import { beforeEach, describe, expect, it } from 'vitest';
import { SessionWorld } from '../fixtures/session-world.js';
import { LinkRefused } from '../sessions/ports.js';
import { UpstreamSession } from '../sessions/upstream-session.js';

const base64 = (length: number) => Buffer.alloc(length, 1).toString('base64');
const minutes = 60_000;

let clock: FakeClock;
let world: SessionWorld;
let session: UpstreamSession;
/** What the gatekeeper does with an upload; undefined when it takes it. */
let refusal: string | undefined;
/** When batches were offered, monotonic milliseconds, and the ids in them. */
let offered: { atMs: number; ids: number[] }[];
let nextId: number;

function answer(query: Stanza): Stanza {
  const list = child(query, 'list');
  if (list === undefined) return stanza('iq', {}, [stanza('count', { value: '0' })]);
  const ids = children(list, 'key').map((key) => (child(key, 'id')?.content as Uint8Array)[2] ?? 0);
  offered.push({ atMs: clock.monotonicMs(), ids });
  if (refusal !== undefined) throw new LinkRefused({ code: refusal, advice: 'back-off' });
  return stanza('iq', { type: 'result' });
}

/** The keys service: each time one-time prekeys run low it takes other keys from the pool. */
function refill(event: SessionEvent): void {
  if (event.type !== 'prekeys.low') return;
  const { sessionKey, gatekeeper } = world.open();
  session.dispatch({
    type: 'prekeys.upload',
    sessionKey,
    gatekeeper,
    registrationId: 1,
    identityKey: base64(32),
    signedPreKey: { id: 1, key: base64(32), signature: base64(64) },
    preKeys: [{ id: nextId++, key: base64(32) }],
  });
}

beforeEach(() => {
  [clock, offered, nextId, refusal] = [new FakeClock(), [], 1, 'query_refused'];
  world = new SessionWorld(clock, captureLogs().logger);
  world.prepare = (link) => (link.answering = async (query) => answer(query));
  const events = {
    ...world.deps.events,
    session: async (event: SessionEvent) => refill(event),
  };
  session = new UpstreamSession(world.open(), { ...world.deps, events }, () => undefined);
  void session.start();
});

const waitsSeconds = () =>
  offered.slice(1).map(({ atMs }, index) => (atMs - (offered[index]?.atMs ?? 0)) / 1_000);

describe('uploads of one-time prekeys that come to nothing', () => {
  it('follow each other later each time, up to about ten minutes', async () => {
    await clock.advance(120 * minutes);
    const growing = [1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 610, 610];
    for (const [index, seconds] of growing.entries()) {
      expect(waitsSeconds()[index]).toBeGreaterThanOrEqual(seconds * 0.9);
      expect(waitsSeconds()[index]).toBeLessThanOrEqual(seconds * 1.1);
    }
    expect(Math.max(...waitsSeconds())).toBeLessThanOrEqual(
      (limits.prekeyUploadRetryMaxMs.value / 1_000) * 1.1,
    );
  });

  it('invariant 6: never carry keys that were offered before, for the gatekeeper may have handed them out', async () => {
    refusal = 'query_timeout';
    await clock.advance(60 * minutes);
    const ids = offered.flatMap((batch) => batch.ids);
    expect(ids.length).toBeGreaterThan(10);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('begin with a second again once the gatekeeper took one', async () => {
    await clock.advance(5 * minutes);
    refusal = undefined;
    await clock.advance(10 * minutes);
    const count = offered.length;
    // The gatekeeper says that none is left: once in so long it is believed.
    refusal = 'query_refused';
    await clock.advance(limits.prekeyRecountMs.value);
    await world.link.deliver(
      stanza('notification', { type: 'encrypt', id: 'N', from: 's.whatsapp.net' }, [
        stanza('count', { value: '0' }),
      ]),
    );
    await clock.advance(1_200);
    expect(offered.length).toBe(count + 2);
  });

  it('are not made up for by logins that follow at once', async () => {
    await clock.advance(5 * minutes);
    const count = offered.length;
    for (let login = 0; login < 5; login++) {
      world.link.drop('stream_restart', 'restart');
      await clock.advance(10);
    }
    expect(world.links).toHaveLength(6);
    expect(offered).toHaveLength(count);
    await clock.advance(4 * minutes);
    expect(offered.length).toBeGreaterThan(count);
  });

  it('end with the session', async () => {
    await clock.advance(5 * minutes);
    const count = offered.length;
    session.close('device_gone');
    await clock.advance(60 * minutes);
    expect(offered).toHaveLength(count);
    expect(session.state).toBe('closed');
  });

  it('are counted by how they ended', async () => {
    await clock.advance(1_200);
    refusal = 'query_timeout';
    await clock.advance(1_200);
    refusal = 'not_connected';
    await clock.advance(2_500);
    refusal = undefined;
    await clock.advance(4_000);
    const rendered = await world.metrics.render();
    for (const outcome of ['refused', 'unanswered', 'lost', 'taken'])
      expect(rendered).toMatch(
        new RegExp(`session_prekey_uploads_total\\{gatekeeper="simulator",outcome="${outcome}"`),
      );
  });
});

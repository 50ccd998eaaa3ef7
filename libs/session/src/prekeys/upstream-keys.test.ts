import type { SessionEvent } from '@causeway/contracts/session';
import { limits } from '@causeway/limits';
import { FakeClock } from '@causeway/testing';
import { stanza, type Stanza } from '@causeway/xml';
import { beforeEach, describe, expect, it } from 'vitest';
import { ScriptedLink } from '../fixtures/scripted-link.js';
import { SessionWorld } from '../fixtures/session-world.js';
import { captureLogs } from '@causeway/testing';
import { LinkRefused } from '../sessions/ports.js';
import { UpstreamKeys } from './upstream-keys.js';

let clock: FakeClock;
let link: ScriptedLink;
let told: SessionEvent[];
let unanswered: string[];
let remaining: number;
let digest: Stanza;
let keys: UpstreamKeys;

const bytes = (...values: number[]) => Uint8Array.from(values);
const id = (value: number) => stanza('id', {}, bytes(0, 0, value));
const hash = new Uint8Array(20).fill(9);
const digestOf = (...parts: Stanza[]) => stanza('iq', {}, [stanza('digest', {}, parts)]);
const whole = (ids = [1, 2], sum = hash) =>
  digestOf(
    stanza('registration', {}, bytes(0, 0, 0, 7)),
    stanza('skey', {}, [id(3)]),
    stanza('list', {}, ids.map(id)),
    stanza('hash', {}, sum),
  );

beforeEach(() => {
  clock = new FakeClock();
  const { userId, deviceId, gatekeeper } = new SessionWorld(clock, captureLogs().logger).open();
  told = [];
  unanswered = [];
  remaining = 4;
  digest = whole();
  link = new ScriptedLink();
  link.answering = async ({ content }) => {
    const asked = Array.isArray(content) ? content[0]?.tag : undefined;
    return asked === 'digest' ? digest : stanza('iq', {}, [stanza('count', { value: String(remaining) })]);
  };
  keys = new UpstreamKeys({
    owner: { userId, deviceId, gatekeeper },
    rule: { batch: 100, low: 5 },
    events: { downstream: async () => undefined, session: async (event) => void told.push(event) },
    clock,
    rests: { current: () => undefined, add: () => undefined },
    onUnanswered: (what, code) => unanswered.push(`${what} ${code}`),
  });
});

describe('one-time prekeys of a session', () => {
  it('are asked for below the mark of the profile, in its batches', async () => {
    await keys.loggedIn(link);
    expect(told).toMatchObject([{ type: 'prekeys.low', remaining: 4, batch: 100 }]);
    remaining = 5;
    await clock.advance(limits.prekeyRefillMs.value);
    await keys.loggedIn(link);
    expect(told).toHaveLength(1);
  });

  it('are asked for once, however often the gatekeeper warns', async () => {
    for (let warning = 0; warning < 5; warning++) await keys.warned(link, 4);
    expect(told).toHaveLength(1);
    remaining = 812;
    await clock.advance(limits.prekeyRefillMs.value);
    await keys.warned(link, 4);
    expect(told).toHaveLength(1);
    // Ten minutes later a warning is news.
    await clock.advance(limits.prekeyRecountMs.value);
    await keys.warned(link, 3);
    expect(told).toHaveLength(2);
  });

  it('are asked for again when an upload came to nothing, and when the login ended before one', async () => {
    await keys.warned(link, 4);
    keys.uploadFailed(link);
    await clock.advance(limits.prekeyRefillMs.value);
    expect(told).toHaveLength(2);
    keys.over();
    await keys.loggedIn(link);
    expect(told).toHaveLength(3);
    keys.uploaded();
    keys.over();
    await keys.loggedIn(link);
    expect(told).toHaveLength(3);
  });

  it('are not asked for after the login is over', async () => {
    keys.uploadFailed(link);
    keys.over();
    await clock.advance(limits.prekeyRefillMs.value);
    expect(told).toEqual([]);
  });
});

describe('an upload whose failure is told after its login is over', () => {
  it('asks nothing over that connection', async () => {
    await keys.loggedIn(link);
    keys.over();
    keys.uploadFailed(link);
    await clock.advance(limits.prekeyRefillMs.value);
    expect(link.queries).toHaveLength(1);
  });
});

describe('the digest', () => {
  it('is reported once a day', async () => {
    for (let login = 0; login < 3; login++) await keys.compare(link);
    const report = { type: 'digest.reported', registrationId: 7, signedPreKeyId: 3, preKeyIds: [1, 2] };
    expect(told).toMatchObject([{ ...report, hash: Buffer.from(hash).toString('base64') }]);
    await clock.advance(limits.prekeyDigestMs.value);
    await keys.compare(link);
    expect(told).toHaveLength(2);
  });

  it.each([
    ['without a hash', () => whole([1], new Uint8Array(19))],
    [
      'with more keys than may be',
      () => whole(Array.from({ length: limits.prekeyDigestItems.value + 1 }, () => 1)),
    ],
    ['with an empty id', () => digestOf(...[stanza('list', {}, [stanza('id')])])],
    ['that is none', () => stanza('iq')],
  ])('is left alone when it comes %s', async (_what, answer) => {
    digest = answer();
    await keys.compare(link);
    expect(told).toEqual([]);
    expect(unanswered).toEqual(['digest stanza_invalid']);
  });

  it('that is refused waits for another day', async () => {
    link.answering = async () => {
      throw new LinkRefused({ code: 'query_refused', advice: 'back-off' });
    };
    await keys.compare(link);
    expect(unanswered).toEqual(['digest query_refused']);
  });
});

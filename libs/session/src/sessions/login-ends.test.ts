import { captureLogs, FakeClock } from '@causeway/testing';
import { expect, it } from 'vitest';
import { SessionWorld } from '../fixtures/session-world.js';
import type { ScriptedLink } from '../fixtures/scripted-link.js';
import { UpstreamSession } from './upstream-session.js';

/** More turns of the queue of promises than a login takes from `connect` to the last step before it only waits. */
const TURNS = 60;

/** The connection is lost so many turns after it came about. */
function dropAfter(link: ScriptedLink, turns: number): void {
  link.connecting = async () => {
    let later = Promise.resolve();
    for (let turn = 0; turn < turns; turn += 1) later = later.then(() => undefined);
    void later.then(() => link.drop('connection_lost'));
  };
}

// An end that comes between two waits of a login has nobody to tell at that moment.
it('a login notices its end at whatever step it comes, and another begins', async () => {
  const clock = new FakeClock();
  for (let turns = 0; turns < TURNS; turns += 1) {
    const world = new SessionWorld(clock, captureLogs().logger);
    world.prepare = (link) => {
      if (world.links.length === 0) dropAfter(link, turns);
    };
    const session = new UpstreamSession(world.open(), world.deps, () => undefined);
    void session.start();
    await clock.advance(0);
    const closed = () => world.links.map((link) => link.closed);
    expect(closed(), `after ${turns} turns`).toEqual([true]);
    await clock.advance(2_000);
    expect(closed(), `after ${turns} turns`).toEqual([true, false]);
    session.close('device_gone');
    await clock.advance(0);
  }
});

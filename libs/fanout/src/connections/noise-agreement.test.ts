import { captureLogs, FakeClock } from '@causeway/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectionWorld } from '../fixtures/connection-world.js';
import type { DeviceConnection } from './device-connection.js';

const key = Buffer.alloc(32, 7).toString('base64');
const agreed = { relayKey: key, sealed: Buffer.alloc(60, 8).toString('base64') };

let clock: FakeClock;
let world: ConnectionWorld;
let connection: DeviceConnection;

beforeEach(async () => {
  clock = new FakeClock();
  world = new ConnectionWorld(clock, captureLogs().logger);
  connection = await world.connect();
});
afterEach(() => world.coordination.close());

const question = (correlationId: string, deadline = clock.now() + 1_000) =>
  world.event({ type: 'noise.dh', correlationId, deadline, remotePublicKey: key, relayKey: key });
async function ask(...questions: ReturnType<typeof question>[]): Promise<void> {
  await world.put(connection, ...questions);
  await clock.advance(0);
}
const answer = (correlationId: string) =>
  connection.handle({ type: 'noise-dh', gatekeeper: world.gatekeeper, correlationId, answer: agreed });
const answers = () => world.upstream.filter(({ type }) => type === 'noise.dh.answer');

describe('an agreement with the Noise key that a device keeps', () => {
  it('is asked of the device before the session is open, and answered to the session once', async () => {
    await ask(question('q1'));
    const [, asked] = world.frames;
    expect(asked).toMatchObject({
      type: 'noise-dh',
      correlationId: 'q1',
      remotePublicKey: key,
      relayKey: key,
    });
    expect(await world.waiting(connection)).toBe(0);
    await answer('q1');
    await answer('q1');
    const { sessionKey } = world;
    expect(answers()).toEqual([
      expect.objectContaining({ sessionKey, epoch: connection.epoch, correlationId: 'q1', answer: agreed }),
    ]);
  });

  it('is not passed on when nobody asked, or asked something else since, or waits no more', async () => {
    await answer('q0');
    await ask(question('q1'), question('q2'));
    await answer('q1');
    await clock.advance(1_000);
    await answer('q2');
    expect(answers()).toEqual([]);
    expect(await world.metrics.render()).toMatch(/fanout_dropped_total\{reason="not_asked"[^}]*\} 3/);
  });

  it('is not asked for when nobody waits any more', async () => {
    await ask(question('late', clock.now()));
    expect(world.frames.map(({ type }) => type)).toEqual(['session']);
    expect(await world.waiting(connection)).toBe(0);
  });
});

import { PassThrough } from 'node:stream';
import { generateStaticKey } from '@causeway/noise';
import { ConnectReason } from '@causeway/content';
import { afterEach, describe, expect, it } from 'vitest';
import { loginPayloadBytes } from '../login/login-payload.js';
import { TestGatekeeper, type TestGatekeeperOptions } from '../testing/test-gatekeeper.js';
import { UpstreamError } from '../upstream-error.js';
import { WireSocket, type WireSocketOptions } from './wire-socket.js';

let gatekeeper: TestGatekeeper;
afterEach(() => gatekeeper.stop());

const login = { accountId: 42n, token: 'x', enableReadReceipts: true, passive: true, pull: true };

/** Shake hands; how that ended. */
async function shakeHands(
  options: TestGatekeeperOptions,
  changes: Partial<WireSocketOptions> = {},
): Promise<string> {
  gatekeeper = await TestGatekeeper.start(options);
  const profile = gatekeeper.profile();
  const socket = new WireSocket({
    profile,
    noiseKey: generateStaticKey().key,
    payload: loginPayloadBytes({ ...login, connectReason: ConnectReason.USER_ACTIVATED }),
    now: () => 1_700_000_000_000,
    ...changes,
  });
  const outcome = new Promise<string>((resolve) => {
    socket.on('connect', () => resolve('connected'));
    socket.on('error', (error) => resolve(error.code));
  });
  socket.connect(profile.url);
  const code = await outcome;
  if (code === 'connected') socket.end();
  return code;
}

describe('the opening of a connection', () => {
  it('has the routing information of an earlier session before the header, and not in the prologue', async () => {
    expect(await shakeHands({}, { routingInfo: Uint8Array.of(0xaa, 0xbb) })).toBe('connected');
    expect(gatekeeper.openings[0]?.subarray(0, 16).toString('hex')).toBe('45440001000002aabb57410603000024');
  });

  it.each([0, 1_025])('leaves routing information of %i bytes out', async (size) => {
    expect(await shakeHands({}, { routingInfo: new Uint8Array(size) })).toBe('connected');
    expect(gatekeeper.openings[0]?.subarray(0, 4).toString('hex')).toBe('57410603');
  });

  it('keeps nothing of the login behind it', async () => {
    const payload = loginPayloadBytes({ ...login, connectReason: ConnectReason.USER_ACTIVATED });
    expect(await shakeHands({}, { payload })).toBe('connected');
    expect(payload.every((byte) => byte === 0)).toBe(true);
  });

  it('says why the way to the host was refused', async () => {
    const dial = () => Promise.reject(new UpstreamError('host_refused'));
    expect(await shakeHands({}, { dial })).toBe('host_refused');
  });

  it('is given up while the way is still being opened, and takes no connection that comes late', async () => {
    gatekeeper = await TestGatekeeper.start({});
    const profile = gatekeeper.profile();
    const late = new PassThrough();
    const way = Promise.withResolvers<PassThrough>();
    const socket = new WireSocket({
      profile,
      noiseKey: generateStaticKey().key,
      payload: new Uint8Array(),
      now: () => 0,
      dial: () => way.promise,
    });
    const ended = new Promise<string>((resolve) => {
      socket.on('error', ({ code }) => socket.once('close', () => resolve(code)));
    });
    socket.connect(profile.url);
    socket.end();
    expect(await ended).toBe('closed');
    way.resolve(late);
    await way.promise;
    expect(late.destroyed).toBe(true);
  });

  it('takes no large frame before the server is known', async () => {
    const hello = () => Uint8Array.of(0, 0x40, 1);
    expect(await shakeHands({ hello })).toBe('wire_broken');
  });

  it('takes a hello in many pieces', async () => {
    let rest: Uint8Array = new Uint8Array();
    const hello = (good: Uint8Array) => {
      rest = good.subarray(2);
      setTimeout(() => {
        for (const byte of rest) gatekeeper.sockets[0]?.send(Uint8Array.of(byte));
      }, 5);
      return good.subarray(0, 2);
    };
    expect(await shakeHands({ hello })).toBe('connected');
  });
});

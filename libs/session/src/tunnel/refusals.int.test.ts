import { randomBytes, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { DeviceId } from '@causeway/contracts/ids';
import { cloneTestDatabase } from '@causeway/store/testing';
import { eventually } from '@causeway/testing';
import { describe, expect, it } from 'vitest';
import { describeTunnels } from '../fixtures/tunnel-trial.fixture.js';
import { enter } from '../fixtures/tunnel-world.js';
import { TunnelGatekeeper } from '../fixtures/tunnel-gatekeeper.js';

describeTunnels('a tunnel', cloneTestDatabase, (trial) => {
  describe('is refused', () => {
    it.each<[string, { mode?: string; state?: string }]>([
      ['in another mode', { mode: 'proxy' }],
      ['in mode direct', { mode: 'direct' }],
      ['before it is enlisted', { state: 'consented' }],
      ['while it enlists', { state: 'enlisting' }],
      ['to who is suspended', { state: 'suspended' }],
      ['to who has lapsed', { state: 'lapsed' }],
      ['to who is deleted', { state: 'deleted' }],
    ])('%s', async (_what, optIn) => {
      expect(await trial.pod.attempt(await enter(trial.admin, optIn))).toBe('403 tunnel_not_allowed');
      expect(trial.gatekeeper.ends).toEqual([]);
    });

    it.each<[string, string, Record<string, string>]>([
      ['without a token', '401 unauthenticated', { authorization: '' }],
      ['with an expired token', '401 token_expired', { authorization: 'Bearer expired' }],
      [
        'with the token of another user',
        '404 tunnel_device_unknown',
        { authorization: 'Bearer somebody-else' },
      ],
    ])('%s', async (_what, refusal, headers) => {
      expect(await trial.pod.attempt(trial.person, { headers })).toBe(refusal);
      expect(trial.gatekeeper.ends).toEqual([]);
    });

    it.each([
      ['/tunnel', '404 tunnel_device_unknown'],
      ['/tunnel?device=ID', '404 tunnel_device_unknown'],
      ['/tunnel?device=ID&gatekeeper=unheard-of', '404 tunnel_device_unknown'],
      ['/tunnel?device=ID&gatekeeper=127.0.0.1:80', '404 tunnel_device_unknown'],
      ['/tunnel/?device=ID&gatekeeper=simulator', '404 not_found'],
      ['/tunnel/../other?device=ID&gatekeeper=simulator', '404 not_found'],
      ['/', '404 not_found'],
    ])('at %s with %s', async (path, refusal) => {
      expect(await trial.pod.attempt(trial.person, { path: path.replace('ID', trial.person.deviceId) })).toBe(
        refusal,
      );
    });

    it('for a device that is nobody’s', async () => {
      const nobody = { ...trial.person, deviceId: DeviceId.parse(randomUUID()) };
      expect(await trial.pod.attempt(nobody)).toBe('404 tunnel_device_unknown');
    });

    it('when the gatekeeper sends us elsewhere, where nobody goes', async () => {
      const elsewhere = await new TunnelGatekeeper().start();
      trial.gatekeeper.redirect = `ws://${elsewhere.host}/ws/chat`;
      expect(await trial.pod.attempt(trial.person)).toBe('502 tunnel_gatekeeper_unreachable');
      expect(elsewhere.ends).toEqual([]);
      await elsewhere.stop();
    });

    it('when the gatekeeper is away, and gives the room back', async () => {
      await trial.gatekeeper.stop();
      for (let i = 0; i < 3; i += 1) {
        expect(await trial.pod.attempt(trial.person)).toBe('502 tunnel_gatekeeper_unreachable');
      }
      expect(
        await trial.pod.metric('session_tunnels_refused_total', { code: 'tunnel_gatekeeper_unreachable' }),
      ).toBe(3);
      trial.gatekeeper = await new TunnelGatekeeper().start();
    });

    it('to a device that comes too often', async () => {
      await trial.gatekeeper.stop();
      for (let i = 0; i < 20; i += 1) await trial.pod.attempt(trial.person);
      expect(await trial.pod.attempt(trial.person)).toBe('429 rate_limited');
      trial.gatekeeper = await new TunnelGatekeeper().start();
    });

    it('with bytes before the upgrade is answered', async () => {
      const query = `device=${trial.person.deviceId}&gatekeeper=simulator`;
      const head = [
        `GET /tunnel?${query} HTTP/1.1`,
        'host: x',
        'connection: upgrade',
        'upgrade: websocket',
        'sec-websocket-version: 13',
        `sec-websocket-key: ${randomBytes(16).toString('base64')}`,
        `authorization: Bearer ${trial.person.subject}`,
      ].join('\r\n');
      const answerTo = (bytes: Buffer) =>
        new Promise<string>((resolve) => {
          const socket = connect(trial.pod.port, '127.0.0.1', () => socket.write(bytes));
          socket.once('data', (data) => {
            resolve(data.toString());
            socket.destroy();
          });
        });
      const early = Buffer.from([0x82, 0x81, 0, 0, 0, 0, 1]);
      expect(await answerTo(Buffer.concat([Buffer.from(`${head}\r\n\r\n`), early]))).toMatch(
        /^HTTP\/1.1 400 .*early_data/s,
      );
      expect(await answerTo(Buffer.from(`${head}\r\n\r\n`))).toMatch(/^HTTP\/1.1 101 /);
      expect(trial.gatekeeper.ends).toHaveLength(1);
      // The device that broke off leaves nothing behind.
      await eventually(async () => expect(await trial.pod.metric('session_tunnels', {})).toBe(0));
    });
  });

  it('invariant 13: leaves no address, no token and no content in a log', async () => {
    const { device } = await trial.opened();
    device.socket.close();
    await trial.pod.attempt(trial.person, { headers: { authorization: 'Bearer planted-token' } });
    await trial.gatekeeper.stop();
    await trial.pod.attempt(trial.person);
    expect(trial.logs.text()).not.toMatch(/127\.0\.0\.1|planted|hello/);
    trial.gatekeeper = await new TunnelGatekeeper().start();
  });
});

import { tunnelCloseCodes } from '@causeway/contracts/session';
import { limits } from '@causeway/limits';
import { sql } from '@causeway/postgres';
import { cloneTestDatabase } from '@causeway/store/testing';
import { eventually } from '@causeway/testing';
import { describe, expect, it } from 'vitest';
import { describeTunnels } from '../fixtures/tunnel-trial.fixture.js';
import { enter } from '../fixtures/tunnel-world.js';

const code = (name: keyof typeof tunnelCloseCodes) => tunnelCloseCodes[name];

describeTunnels('a tunnel', cloneTestDatabase, (trial) => {
  describe('is closed', () => {
    it('at a text message, which is not carried', async () => {
      const { device, end } = await trial.opened();
      device.socket.send('planted text');
      expect(await device.closed).toBe(code('notBinary'));
      await end.closed;
      expect(end.received).toHaveLength(1);
      expect(trial.logs.text()).not.toContain('planted');
    });

    it.each(['device', 'gatekeeper'] as const)('at a message of the %s that is too large', async (from) => {
      const { device, end } = await trial.opened();
      const most = from === 'device' ? limits.tunnelDeviceMessageBytes : limits.tunnelGatekeeperMessageBytes;
      (from === 'device' ? device : end).socket.send(Buffer.alloc(most.value + 1));
      expect(await device.closed).toBe(code('tooLarge'));
      await end.closed;
      expect([device.bytes, end.received.length]).toEqual([0, 1]);
    });

    it('when the access token has expired', async () => {
      trial.pod.expiresAt = trial.clock.now() + 5_000;
      const { device } = await trial.opened();
      await trial.clock.advance(4_000);
      expect(device.socket.readyState).toBe(WebSocket.OPEN);
      await trial.clock.advance(2_000);
      expect(await device.closed).toBe(code('unauthorized'));
    });

    it('when no whole message comes at the beginning, however its bytes drip', async () => {
      const device = await trial.pod.open(trial.person);
      const raw = (device.socket as unknown as { _socket: import('node:net').Socket })._socket;
      // A binary message of 1000 bytes, masked, of which a byte comes now and then.
      raw.write(Buffer.from([0x82, 0xfe, 0x03, 0xe8, 1, 2, 3, 4]));
      for (let second = 0; second < 12; second += 1) {
        raw.write(Buffer.of(1));
        await trial.clock.advance(1_000);
      }
      expect(await device.closed).toBe(code('idle'));
      expect(trial.gatekeeper.end.received).toEqual([]);
    });

    it('when nothing comes for too long, and not while something does', async () => {
      const { device, end } = await trial.opened();
      for (let i = 0; i < 3; i += 1) {
        await trial.clock.advance(limits.tunnelIdleMs.value / 2);
        await alive(device);
        end.socket.send(Buffer.from('ping'));
        await eventually(() => expect(device.received).toHaveLength(i + 1));
      }
      await trial.clock.advance(limits.tunnelIdleMs.value / 2);
      await alive(device);
      await trial.clock.advance(limits.tunnelIdleMs.value / 2 + 2_000);
      expect(await device.closed).toBe(code('idle'));
    });

    it('when a ping is not answered', async () => {
      const { device } = await trial.opened({ autoPong: false });
      await trial.clock.advance(limits.socketPingMs.value);
      await trial.clock.advance(limits.socketPingMs.value + 1_000);
      expect(await device.closed).toBe(code('idle'));
    });

    it('when the right to it is taken, and only then', async () => {
      const other = await enter(trial.admin);
      const [first, second] = [await trial.opened(), await trial.opened({ as: other })];
      await trial.admin.query(
        sql`update accounts.opt_ins set state = 'suspended' where device_id = ${trial.person.deviceId}::uuid`,
      );
      await trial.pod.tunnels.revoked([trial.person.deviceId, other.deviceId]);
      expect(await first.device.closed).toBe(code('rightsRevoked'));
      await first.end.closed;
      expect(second.device.socket.readyState).toBe(WebSocket.OPEN);
    });

    it('when everything at the gatekeeper is stopped', async () => {
      const { device } = await trial.opened();
      await trial.admin.query(
        sql`insert into accounts.gatekeeper_stops (gatekeeper, reason) values ('simulator', 'x')`,
      );
      try {
        await trial.pod.tunnels.revoked('all');
        expect(await device.closed).toBe(code('rightsRevoked'));
        expect(await trial.pod.attempt(trial.person)).toBe('403 tunnel_not_allowed');
      } finally {
        await trial.admin.query(sql`delete from accounts.gatekeeper_stops`);
      }
    });

    it('when it is not known any more who may be connected, and none is opened then', async () => {
      const { device } = await trial.opened();
      trial.pod.knowsRights = false;
      await trial.clock.advance(limits.tunnelLookMs.value);
      expect(await device.closed).toBe(code('comeAgain'));
      expect(await trial.pod.attempt(trial.person)).toBe('503 unavailable');
    });

    it('by a drain, which takes no more and waits for nobody for long', async () => {
      const [{ device }, stubborn] = [
        await trial.opened(),
        await trial.opened({ as: await enter(trial.admin) }),
      ];
      stubborn.device.socket.pause();
      const draining = trial.pod.tunnels.drain();
      expect(await device.closed).toBe(code('comeAgain'));
      expect(await trial.pod.attempt(trial.person)).toBe('503 tunnel_limit_reached');
      await trial.clock.advance(limits.tunnelCloseMs.value + 1_000);
      await draining;
      await stubborn.end.closed;
    });
  });

  describe('for who has withdrawn', () => {
    it('may ask for the deletion, with few bytes and for a short time', async () => {
      await trial.admin.query(
        sql`update accounts.opt_ins set state = 'deleting' where device_id = ${trial.person.deviceId}::uuid`,
      );
      const { device } = await trial.opened();
      device.socket.send(Buffer.alloc(limits.tunnelDeletionBytes.value));
      expect(await device.closed).toBe(code('deletionOnly'));
      const { device: lasting } = await trial.opened();
      await trial.clock.advance(limits.tunnelDeletionMs.value + limits.tunnelLookMs.value);
      expect(await lasting.closed).toBe(code('comeAgain'));
      expect(trial.pod.told).toEqual([]);
    });

    it('is not the one that was open before', async () => {
      const { device } = await trial.opened();
      await trial.admin.query(
        sql`update accounts.opt_ins set state = 'deleting' where device_id = ${trial.person.deviceId}::uuid`,
      );
      await trial.pod.tunnels.revoked([trial.person.deviceId]);
      expect(await device.closed).toBe(code('rightsRevoked'));
    });
  });

  describe('is one per device', () => {
    it('at one pod', async () => {
      const [first, second] = [await trial.opened(), await trial.opened()];
      expect(await first.device.closed).toBe(code('replaced'));
      await first.end.closed;
      second.device.socket.send(Buffer.from('still'));
      await eventually(() => expect(second.end.received).toHaveLength(2));
    });

    it('over pods', async () => {
      const other = await trial.newPod();
      const { device } = await trial.opened();
      await trial.clock.advance(2_000);
      const second = await other.open(trial.person);
      expect(await device.closed).toBe(code('replaced'));
      expect(second.socket.readyState).toBe(WebSocket.OPEN);
    });

    it('over pods, also of two that begin together', async () => {
      const other = await trial.newPod();
      const both = await Promise.all([trial.pod.open(trial.person), other.open(trial.person)]);
      await eventually(() =>
        expect(both.map(({ socket }) => socket.readyState).toSorted()).toEqual([
          WebSocket.OPEN,
          WebSocket.CLOSED,
        ]),
      );
    });
  });

  /** The device has answered the latest ping. */
  async function alive({
    socket,
  }: {
    socket: { ping(done?: () => void): void; once(e: 'pong', f: () => void): void };
  }) {
    await new Promise<void>((resolve) => {
      socket.once('pong', resolve);
      socket.ping();
    });
  }
});

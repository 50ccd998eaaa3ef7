import { randomBytes } from 'node:crypto';
import { tunnelCloseCodes } from '@causeway/contracts/session';
import { limits } from '@causeway/limits';
import { cloneTestDatabase } from '@causeway/store/testing';
import { eventually } from '@causeway/testing';
import { describe, expect, it } from 'vitest';
import { describeTunnels } from '../fixtures/tunnel-trial.fixture.js';

const code = (name: keyof typeof tunnelCloseCodes) => tunnelCloseCodes[name];

const MiB = 1_048_576;

describeTunnels('what a tunnel carries', cloneTestDatabase, (trial) => {
  describe('carries messages', () => {
    it('both ways, byte for byte, each as one, in order, up to the largest', async () => {
      const { device, end } = await trial.opened();
      const out = [1, 0, 65_537, limits.tunnelDeviceMessageBytes.value].map((size) => randomBytes(size));
      const back = [3, 2 * MiB, 17].map((size) => randomBytes(size));
      for (const message of out) device.socket.send(message);
      for (const message of back) end.socket.send(message);
      await eventually(() => expect(end.received).toHaveLength(1 + out.length));
      await eventually(() => expect(device.received).toHaveLength(back.length));
      expect(Buffer.concat(end.received.slice(1)).equals(Buffer.concat(out))).toBe(true);
      expect(device.received.every((message, i) => message.equals(back[i] ?? Buffer.of()))).toBe(true);
      expect(end.path).toBe('/ws/chat');
    });

    it('that the gatekeeper sends before the device has said anything', async () => {
      const opening = trial.pod.open(trial.person);
      await eventually(() => expect(trial.gatekeeper.ends).toHaveLength(1));
      trial.gatekeeper.end.socket.send(Buffer.from('first'));
      const device = await opening;
      await eventually(() => expect(device.received.map(String)).toEqual(['first']));
    });

    it('and what was sent before a close still arrives, in both directions', async () => {
      const { device, end } = await trial.opened();
      for (let i = 0; i < 20; i += 1) end.socket.send(Buffer.alloc(100_000, i));
      end.socket.close(1000);
      expect(await device.closed).toBe(code('gatekeeperClosed'));
      expect(device.bytes).toBe(2_000_000);
      const second = await trial.opened();
      for (let i = 0; i < 20; i += 1) second.device.socket.send(Buffer.alloc(100_000, i));
      second.device.socket.close(1000);
      expect(await second.end.closed).toBe(1000);
      expect(second.end.received.reduce((sum, { length }) => sum + length, 0)).toBe(2_000_005);
      expect(await trial.pod.metric('session_tunnels_ended_total', { code: 'deviceGone' })).toBe(1);
      await eventually(async () => expect(await trial.pod.metric('session_tunnels', {})).toBe(0));
      expect(await trial.pod.metric('session_tunnel_bytes_total', { direction: 'in' })).toBe(2_000_000);
    });

    it('and says when the gatekeeper’s connection broke instead of being closed', async () => {
      const { device, end } = await trial.opened();
      end.socket.terminate();
      expect(await device.closed).toBe(code('gatekeeperLost'));
    });
  });

  describe('waits for a slow side, without keeping what it has not taken', () => {
    const count = 200;
    const message = Buffer.alloc(100_000, 7);

    it.each(['device', 'gatekeeper'] as const)('%s', async (slow) => {
      const { device, end } = await trial.opened();
      const [reader, writer] = slow === 'device' ? [device, end] : [end, device];
      reader.socket.pause();
      let written = 0;
      for (let i = 0; i < count; i += 1) writer.socket.send(message, () => (written += 1));
      // The rest of what was sent stays with its sender: here and on the way is no room for it.
      let seen = -1;
      await eventually(async () => {
        const before = seen;
        seen = written;
        await new Promise((resolve) => setTimeout(resolve, 100));
        expect(written).toBe(before);
      });
      expect(written).toBeLessThan(count - 50);
      // Also once the rate would let far more pass than the kernel takes.
      for (let i = 0; i < 20; i += 1) await trial.clock.advance(2_000);
      const waiting = await trial.pod.metric('session_tunnel_waiting_bytes', {});
      expect(waiting).toBeLessThanOrEqual(limits.tunnelBufferedBytes.value + 2 * message.length);
      reader.socket.resume();
      const took = () => reader.received.filter(({ length }) => length === message.length).length;
      await eventually(
        async () => {
          await trial.clock.advance(1_000);
          expect(took()).toBe(count);
        },
        { deadlineMs: 20_000 },
      );
    });

    it('and gives it up when it takes nothing for too long', async () => {
      const { device, end } = await trial.opened();
      device.socket.pause();
      for (let i = 0; i < count; i += 1) end.socket.send(message);
      await eventually(async () => {
        await trial.clock.advance(limits.tunnelStalledMs.value / 4);
        expect(await trial.pod.metric('session_tunnels_ended_total', { code: 'tooSlow' })).toBe(1);
      });
      await end.closed;
      // It does not read its own close either, and is cut off.
      await trial.clock.advance(2 * limits.tunnelCloseMs.value);
      await eventually(async () => expect(await trial.pod.metric('session_tunnels', {})).toBe(0));
    });

    it('reads no faster than the rate, once the burst is over', async () => {
      const { device, end } = await trial.opened();
      const sending = Math.ceil(limits.tunnelBurstBytes.value / message.length) + 20;
      for (let i = 0; i < sending; i += 1) end.socket.send(message);
      await eventually(() => expect(device.bytes).toBeGreaterThanOrEqual(limits.tunnelBurstBytes.value));
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(device.bytes).toBeLessThan(limits.tunnelBurstBytes.value + 4 * message.length);
      const before = device.bytes;
      await trial.clock.advance(1_000);
      await eventually(() => expect(device.bytes).toBeGreaterThan(before));
      expect(device.bytes - before).toBeLessThan(limits.tunnelBytesPerSecond.value + 4 * message.length);
    });
  });

  describe('tells the gatekeeper from where the device connects', () => {
    it('as the trusted proxy says, whatever the device claims', async () => {
      await trial.pod.open(trial.person, { headers: { 'x-forwarded-for': '203.0.113.66, 192.0.2.7' } });
      expect(trial.gatekeeper.end.headers['x-forwarded-for']).toBe('192.0.2.7');
      expect(trial.gatekeeper.end.headers.authorization).toBeUndefined();
      expect(trial.gatekeeper.end.headers.cookie).toBeUndefined();
    });
  });

  it('counts as a connection once it has lasted with messages both ways, once', async () => {
    const { device, end } = await trial.opened();
    await trial.clock.advance(limits.tunnelProvenMs.value);
    expect(trial.pod.told).toEqual([]);
    end.socket.send(Buffer.from('welcome'));
    await eventually(() => expect(device.received).toHaveLength(1));
    await trial.clock.advance(5 * limits.tunnelLookMs.value);
    const { userId, deviceId } = trial.person;
    expect(trial.pod.told).toEqual([
      { type: 'tunnel.opened', userId, deviceId, gatekeeper: 'simulator', at: expect.any(Number) },
    ]);
  });

  it('does not count as one when the gatekeeper refuses the login', async () => {
    const { device, end } = await trial.opened();
    end.socket.send(Buffer.from('failure'));
    end.socket.close();
    await device.closed;
    await trial.clock.advance(10_000);
    expect(trial.pod.told).toEqual([]);
  });
});

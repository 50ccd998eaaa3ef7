import { randomUUID } from 'node:crypto';
import { limits } from '@causeway/limits';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, describeWithEngine, eventually, freePort } from '@causeway/testing';
import { Redis } from 'ioredis';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { coordinationConformance } from '../conformance/index.js';
import { openCoordination, type Coordination } from '../index.js';

const { logger } = captureLogs();
const bytes = (text: string) => new TextEncoder().encode(text);
const openEngine = (url: string, prefix: string, presenceLeaseMs?: number) => {
  const metrics = createMetrics('test');
  const lease = presenceLeaseMs === undefined ? {} : { presenceLeaseMs };
  return { metrics, coordination: openCoordination(url, { logger, metrics, prefix, ...lease }) };
};

describeWithEngine('redis', 'redis', (url) => {
  const prefix = `test-${randomUUID()}`;
  const admin = new Redis(url, { lazyConnect: true });
  afterAll(() => admin.disconnect());
  coordinationConformance('redis', {
    open: (leaseMs) => openEngine(url, prefix, leaseMs).coordination,
    // The server is not this file's alone.
    loseMemory: async () => void (await admin.del(...(await admin.keys(`${prefix}:*`)))),
  });

  describe('keys in redis', () => {
    const own = `test-${randomUUID()}`;
    const client = new Redis(url, { lazyConnect: true });
    const opened: Coordination[] = [];
    const open = () => {
      const { coordination } = openEngine(url, own);
      opened.push(coordination);
      return coordination;
    };
    afterEach(() => Promise.all(opened.splice(0).map((coordination) => coordination.close())));
    afterAll(() => client.disconnect());

    it('all end by themselves, the lease after 8 seconds, except the bounded index and the marker of its life', async () => {
      const coordination = open();
      const epoch = await coordination.presence.put({ sessionKey: 's', podId: 'p', partition: 1 });
      await coordination.presence.renew('p');
      await coordination.mailbox.append('s', epoch, [bytes('x')]);
      await coordination.rates.take(
        { name: 'l', capacity: 2, refillPerSecond: 1, failOpen: false },
        'planted@example.org',
      );
      const lives = new Map<string, number>();
      for (const key of await client.keys(`${own}:*`))
        lives.set(key.slice(own.length + 1), await client.pttl(key));
      expect([...lives.keys()].filter((key) => lives.get(key) === -1).toSorted()).toEqual([
        'life:{0}',
        'presence:{1}',
      ]);
      expect(lives.get('lease:{p}')).toBeGreaterThan(limits.presenceLeaseMs.value - 3_000);
      expect(lives.get('lease:{p}')).toBeLessThanOrEqual(limits.presenceLeaseMs.value);
      expect(lives.get('mailbox:{s}')).toBeLessThanOrEqual(limits.ephemeralMailboxIdleMs.value);
      expect([...lives.keys()].join(' ')).not.toContain('planted');
    });

    it('scripts are sent again when the server has forgotten them', async () => {
      const { presence } = open();
      await presence.put({ sessionKey: 'n', podId: 'p', partition: 2 });
      await client.script('FLUSH');
      const epoch = await presence.put({ sessionKey: 'n', podId: 'p', partition: 2 });
      expect(await presence.remove('n', epoch)).toBe(true);
    });

    it('an engine that lost its memory hands out no old epoch again', async () => {
      const { presence, mailbox } = open();
      const entry = { sessionKey: 'lost', podId: 'p', partition: 3 };
      const before = await presence.put(entry);
      await client.del(...(await client.keys(`${own}:*{lost}*`)), `${own}:presence:{3}`);
      await expect(mailbox.append('lost', before, [bytes('x')])).rejects.toMatchObject({
        code: 'mailbox_closed',
      });
      expect(await presence.put(entry)).toBeGreaterThan(before);
    });

    it('the index forgets sessions whose entries are gone, but not young ones', async () => {
      const { presence } = open();
      await client.zadd(`${own}:presence:{4}`, Date.now() * 1_000 - 61_000_000, 'old');
      await client.zadd(`${own}:presence:{4}`, Date.now() * 1_000 - 30_000_000, 'young');
      expect(await presence.list(4)).toEqual([]);
      expect(await client.zrange(`${own}:presence:{4}`, '0', '-1')).toEqual(['young']);
    });

    it('a rate goes on filling up after the clock of the server was set back', async () => {
      const { rates } = open();
      const limit = { name: 'set-back', capacity: 2, refillPerSecond: 20, failOpen: false };
      const before = await client.keys(`${own}:rate:*`);
      await rates.take(limit, 'k', 2);
      const [key = 'none'] = (await client.keys(`${own}:rate:*`)).filter((name) => !before.includes(name));
      // The end of the bucket's life is as far away as what it counts from.
      expect(await client.hset(key, 'at', String(Date.now() + 600_000))).toBe(0);
      await client.persist(key);
      expect(await rates.take(limit, 'k', 2)).toMatchObject({ allowed: false });
      await eventually(async () => expect(await rates.take(limit, 'k', 2)).toMatchObject({ allowed: true }));
    });

    it('the index is bounded', async () => {
      const { presence } = open();
      const members = Array.from({ length: limits.presenceEntriesPerPartition.value }, (_, index) => [
        1,
        `m${index}`,
      ]);
      await client.zadd(`${own}:presence:{5}`, ...members.flat());
      const put = (sessionKey: string) => presence.put({ sessionKey, podId: 'p', partition: 5 });
      await expect(put('one more')).rejects.toMatchObject({ code: 'presence_full' });
      await put('m7');
    });
  });

  describe('without redis', () => {
    const link = new Link(url);
    afterAll(() => link.cut());
    const failing = { name: 'CoordinationError', code: 'coordination_unreachable' };

    it('calls fail within their deadline, limits decide by their rule, signals are lost; then all goes on', async () => {
      const port = await freePort();
      await link.open(port);
      const { coordination, metrics } = openEngine(`redis://127.0.0.1:${port}`, `test-${randomUUID()}`);
      const { presence, mailbox, rates, signals } = coordination;
      const seen: string[] = [];
      await signals.subscribe('c', (payload) => seen.push(payload));
      const entry = { sessionKey: 's', podId: 'p', partition: 1 };
      const epoch = await presence.put(entry);

      await link.cut();
      const startedMs = performance.now();
      const limit = { name: 'l', capacity: 1, refillPerSecond: 1 };
      await Promise.all([
        expect(presence.get('s')).rejects.toMatchObject(failing),
        expect(presence.renew('p')).rejects.toMatchObject(failing),
        expect(mailbox.append('s', epoch, [bytes('x')])).rejects.toMatchObject(failing),
        expect(coordination.check()).rejects.toMatchObject(failing),
        expect(rates.take({ ...limit, failOpen: true }, 'k')).resolves.toEqual({
          allowed: true,
          retryAfterMs: 0,
        }),
        expect(rates.take({ ...limit, failOpen: false }, 'k')).resolves.toEqual({
          allowed: false,
          retryAfterMs: 1_000,
        }),
        signals.publish('c', 'lost'),
        expect(signals.subscribe('d', () => undefined)).rejects.toMatchObject(failing),
      ]);
      expect(performance.now() - startedMs).toBeLessThan(2 * limits.coordinationCommandMs.value);
      const text = await metrics.render();
      expect(text).toMatch(/^causeway_rate_limit_undecided_total\{[^}]*limit="l",allowed="false"[^}]*\} 1$/m);
      expect(text).toMatch(/^causeway_coordination_signals_lost_total\{[^}]*\} 1$/m);

      await link.open(port);
      await eventually(() => presence.renew('p'), { deadlineMs: 10_000 });
      expect(await presence.get('s')).toMatchObject({ epoch });
      // What was given up was not carried out later.
      expect(await mailbox.read('s', epoch, 0, 10)).toEqual([]);
      await eventually(
        async () => {
          await signals.publish('c', 'back');
          expect(seen).toContain('back');
        },
        { deadlineMs: 10_000 },
      );
      expect(seen).not.toContain('lost');
      await coordination.close();
    });

    it('a server that accepts and says nothing counts as unreachable', async () => {
      const port = await freePort();
      const silent = createServer(() => undefined);
      await new Promise<void>((resolve) => silent.listen(port, '127.0.0.1', resolve));
      const { coordination } = openEngine(`redis://127.0.0.1:${port}`, 'x');
      await expect(coordination.presence.get('s')).rejects.toMatchObject(failing);
      await coordination.close();
      silent.close();
    });

    it('waiting calls are bounded', async () => {
      const port = await freePort();
      const { coordination } = openEngine(`redis://127.0.0.1:${port}`, 'x');
      const calls = Array.from({ length: limits.coordinationWaitingItems.value + 1 }, () =>
        coordination.check(),
      );
      const startedMs = performance.now();
      await expect(calls.at(-1)).rejects.toMatchObject(failing);
      expect(performance.now() - startedMs).toBeLessThan(1_000);
      expect(await Promise.allSettled(calls)).toHaveLength(calls.length);
      const closingMs = performance.now();
      await coordination.close();
      expect(performance.now() - closingMs).toBeLessThan(1_000);
    });
  });
});

/** A way to an engine that can be cut and opened again on the same port. */
class Link {
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();

  constructor(private readonly target: string) {}

  async open(port: number): Promise<void> {
    const { hostname, port: targetPort } = new URL(this.target);
    this.server = createServer((near) => {
      const far = connect(Number(targetPort || '6379'), hostname);
      for (const socket of [near, far]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => (near.destroy(), far.destroy()));
      }
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((resolve) => this.server?.listen(port, '127.0.0.1', resolve));
  }

  async cut(): Promise<void> {
    const closed = new Promise((resolve) => (this.server ? this.server.close(resolve) : resolve(undefined)));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

import { randomUUID } from 'node:crypto';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, describeWithEngine } from '@causeway/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCoordination, redisRights, type Coordination, type CoordinationCall } from '../index.js';
import { applyRedisUsers } from './apply-redis-users.js';
import { redisPasswordHash, userWords } from './redis-acl.js';

const { logger } = captureLogs();
const bytes = (text: string) => new TextEncoder().encode(text);
const rule = { name: 'r', capacity: 100_000, refillPerSecond: 1, failOpen: false };

/** One use of each call, after `prepare` by a user that may do everything. */
const uses: Record<CoordinationCall, (on: Coordination, epoch: number) => Promise<unknown>> = {
  'presence.renew': (on) => on.presence.renew('p'),
  'presence.put': (on) => on.presence.put({ sessionKey: randomUUID(), podId: 'p', partition: 1 }),
  'presence.remove': (on, epoch) => on.presence.remove('s', epoch),
  'presence.get': (on) => on.presence.get('s'),
  'presence.list': (on) => on.presence.list(1),
  'presence.life': (on) => on.presence.life(),
  'presence.restore': (on, epoch) =>
    on.presence.restore([{ sessionKey: randomUUID(), podId: 'p', partition: 1, epoch, lastSeq: 0 }]),
  'mailbox.append': (on, epoch) => on.mailbox.append('s', epoch, [bytes('x')]),
  'mailbox.read': (on, epoch) => on.mailbox.read('s', epoch, 0, 10),
  'mailbox.remove': (on, epoch) => on.mailbox.remove('s', epoch, [1]),
  'mailbox.destroy': (on, epoch) => on.mailbox.destroy('s', epoch),
  'signals.publish': (on) => on.signals.publish('c', 'x'),
  'signals.subscribe': async (on) => (await on.signals.subscribe('c', () => undefined)).close(),
  'rates.take': (on) => on.rates.take(rule, 'k'),
};
const calls = Object.keys(uses) as CoordinationCall[];
/** Of these the port hides that the engine refused; the metrics show it. */
const silent = new Set<CoordinationCall>(['signals.publish', 'rates.take']);

describeWithEngine('redis', 'rights in redis', (url) => {
  const prefix = `acl-${randomUUID()}`;
  const name = `user-${randomUUID()}`;
  const password = randomUUID();
  const admin = new Redis(url, { lazyConnect: true });
  const opened: Coordination[] = [];
  let all: Coordination;
  beforeAll(() => {
    all = openCoordination(url, { logger, metrics: createMetrics('test'), prefix });
    opened.push(all);
  });
  afterAll(async () => {
    await Promise.all(opened.map((coordination) => coordination.close()));
    await admin.call('ACL', 'DELUSER', name);
    admin.disconnect();
  });
  const setRights = (words: readonly string[]) =>
    admin.call('ACL', 'SETUSER', name, ...userWords(words, redisPasswordHash(password)));
  const ownUrl = (): string => {
    const own = new URL(url);
    own.username = name;
    own.password = password;
    return own.href;
  };

  async function allowed(call: CoordinationCall, words: readonly string[]): Promise<boolean> {
    await all.presence.renew('p');
    const epoch = await all.presence.put({ sessionKey: 's', podId: 'p', partition: 1 });
    await all.mailbox.append('s', epoch, [bytes('x')]);
    // As after a loss of memory, which `renew` and `life` then mark.
    const lives = await admin.keys(`${prefix}:life:*`);
    if (lives.length > 0) await admin.del(...lives);
    // A member whose entry is gone, for `list` to clear away.
    await admin.zadd(`${prefix}:presence:{1}`, 1, 'gone');
    await setRights(words);
    const metrics = createMetrics('test');
    const coordination = openCoordination(ownUrl(), { logger, metrics, prefix });
    try {
      await uses[call](coordination, epoch);
      if (!silent.has(call)) return true;
      return !/^causeway_(rate_limit_undecided|coordination_signals_lost)_total\S* [1-9]/m.test(
        await metrics.render(),
      );
    } catch {
      return false;
    } finally {
      await coordination.close();
    }
  }

  it.each(calls)('%s needs exactly what the table gives', { timeout: 60_000 }, async (call) => {
    const words = redisRights([call], 'any', prefix);
    expect(await allowed(call, words)).toBe(true);
    const needed = words.filter((word) =>
      /^[~%&]|^\+(?!client|info|ping|select|eval$|unsubscribe)/.test(word),
    );
    for (const word of needed) {
      const without = words.filter((other) => other !== word);
      expect(await allowed(call, without), `without ${word}`).toBe(false);
    }
  });

  describe('applied', () => {
    it('bring a user to the table, also one that had more, and show no password', async () => {
      await admin.call('ACL', 'SETUSER', name, 'on', '>old', '~*', '&*', '+@all');
      const report = await applyRedisUsers(
        url,
        [{ name, rights: redisRights(['rates.take'], 'any', prefix), password }],
        logger,
      );
      expect(report).toEqual({ users: [name], kept: false, open: true });
      const list = (await admin.call('ACL', 'LIST')) as string[];
      const line = list.find((entry) => entry.includes(name)) ?? '';
      expect(line).toContain(`~${prefix}:rate:any:*`);
      expect(line).not.toMatch(/~\*|&\*|\+@all|#[0-9a-f]{64} #/);
      expect(line).not.toContain(password);
      for (const users of [[], [{ name: 'x', rights: ['+@all'], password }]]) {
        await expect(applyRedisUsers(ownUrl(), users, logger)).rejects.toMatchObject({
          code: 'coordination_refused',
          message: expect.not.stringContaining('NOPERM'),
        });
      }
    });

    it('fail when nobody answers', async () => {
      await expect(
        applyRedisUsers('redis://127.0.0.1:1', [{ name, rights: [], password }], logger),
      ).rejects.toMatchObject({ code: 'coordination_unreachable' });
    });
  });
});

import { roleOf } from '@causeway/store/migrate';
import { testPasswords } from '@causeway/store/testing';
import { createLogger } from '@causeway/telemetry';
import { describeWithEngine, RedisLine } from '@causeway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serviceNames } from '../stack/service-names.js';
import { giveAtRedis } from './apply-grants.js';

const logger = createLogger({ service: 'migrate', level: 'silent' });
type Service = (typeof serviceNames)[number];

/** One use of each kind of key, as it would be abused by hand. */
const keys = {
  rate: 'hget causeway:rate:fanout:{x} tokens',
  otherRate: 'hget causeway:rate:accounts:{x} tokens',
  presence: 'zrange causeway:presence:{1} 0 -1',
  entry: 'hgetall causeway:entry:{x}',
  lease: 'set causeway:lease:{x} 1 px 1',
  mailbox: 'zrangebyscore causeway:mailbox:{x} 0 1',
  signal: 'publish causeway:signal:x y',
};
type KeyKind = keyof typeof keys;

/** Which of them each service may carry out; `hget` and `zrange` also need to be among its commands. */
const allowed: Record<Service, readonly KeyKind[]> = {
  accounts: ['entry', 'signal'],
  keys: [],
  session: ['entry', 'presence', 'signal'],
  fanout: ['rate', 'entry', 'lease', 'mailbox', 'signal'],
  media: [],
  webhooks: [],
};

const never = [
  'flushall',
  'flushdb',
  'config get *',
  'keys *',
  'scan 0',
  'acl list',
  'acl setuser x on',
  'script flush',
  'client kill type normal',
  'shutdown nosave',
  'monitor',
  'replicaof 127.0.0.1 1',
  'get other:key',
  'hgetall other:entry:{x}',
  'publish other y',
  'subscribe other',
  'eval "return redis.call(\'flushall\')" 0',
  'eval "return redis.call(\'set\',KEYS[1],1)" 1 other:key',
  "eval \"return redis.call('get','other:key')\" 0",
];

describeWithEngine('redis', 'users of the services in Redis', (url) => {
  const lines = new Map<Service, RedisLine>();
  const lineOf = (service: Service) => lines.get(service) as RedisLine;

  beforeAll(async () => {
    const settings = { ADMIN_COORDINATION_URL: url, COORDINATION_PASSWORDS: testPasswords };
    const { redisUsers } = await giveAtRedis(settings, logger);
    expect(redisUsers?.users).toEqual(serviceNames.map((name) => roleOf(name)));
    for (const name of serviceNames) {
      const line = await RedisLine.open(url);
      expect(await line.say(`auth ${roleOf(name)} ${testPasswords[name]}`)).toBe('+OK');
      lines.set(name, line);
    }
  });
  afterAll(() => lines.forEach((line) => line.close()));

  it.each(serviceNames)('%s is refused everything but its own', async (service) => {
    for (const command of never) {
      expect(await lineOf(service).say(command), command).toMatch(/NOPERM|No permissions|ACL failure/);
    }
    expect(await lineOf(service).say('ping')).toBe('+PONG');
  });

  describe.each(serviceNames)('%s', (service) => {
    it.each(Object.keys(keys) as KeyKind[])('and keys of the kind %s', async (kind) => {
      const answer = await lineOf(service).say(keys[kind]);
      if (allowed[service].includes(kind)) expect(answer).toMatch(/^[+:*$]/);
      else expect(answer).toMatch(/^-NOPERM/);
    });
  });

  it('refuses a wrong password', async () => {
    const line = await RedisLine.open(url);
    expect(await line.say(`auth ${roleOf('keys')} ${testPasswords.media}`)).toMatch(/^-WRONGPASS/);
    line.close();
  });
});

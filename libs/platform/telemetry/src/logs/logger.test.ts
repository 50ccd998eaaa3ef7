import { describe, expect, it } from 'vitest';
import { createLogger, runWithTraceparent, type Logger } from '../index.js';

const jwt = 'eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLXZhbHVl';
const email = 'alice.planted@example.org';
const phone = '+49 151 12345678';
const digits = '4915112345678';
const jids = ['4915112345678@s.whatsapp.net', '12-4242424242:0@interop', 'alice@example.org/phone'];
const planted = [jwt, email, phone, '15112345678', digits, '4242424242', 'alice.planted', 'alice@'];

function setUp(level: 'trace' | 'warn' = 'trace') {
  const lines: string[] = [];
  const logger = createLogger({
    service: 'test',
    level,
    destination: { write: (line) => void lines.push(line) },
  });
  return { logger, lines, records: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

function plantEverywhere(logger: Logger): void {
  const secrets = [jwt, email, phone, digits, ...jids];
  for (const secret of secrets) {
    logger.info(`text with ${secret} in it`);
    logger.info({ note: secret }, secret);
    logger.info({ deep: { deeper: [{ note: `x ${secret}` }] } }, 'nested');
    logger.info({ to: secret, from: secret, jid: secret, identifier: secret, ip: secret }, 'named');
    logger.info({ headers: { authorization: secret, cookie: secret } }, 'headers');
    logger.child({ note: secret, email: secret }).warn('bound');
    logger
      .child({})
      .child({ peer: { jid: secret } })
      .warn('bound twice');
    logger.error({ err: new Error(secret) }, 'failed');
    logger.error({ err: Object.assign(new Error('x'), { detail: secret, code: secret }) }, 'failed');
    logger.error({ err: new Error('outer', { cause: new TypeError(secret) }) }, 'failed');
    logger.error({ reason: new Error(secret) }, 'failed under another name');
    logger.info({ msg: secret }, 'a field called msg');
    const interpolating = logger.info as (...args: unknown[]) => void;
    interpolating.call(logger, 'value %s', secret);
    interpolating.call(logger, { a: 1 }, 'value %s', secret);
    interpolating.call(logger, new Error(secret));
    interpolating.call(logger, new Error('x'), secret);
  }
}

describe('redaction', () => {
  it('lets none of the planted secrets through', () => {
    const { logger, lines } = setUp();
    plantEverywhere(logger);
    const output = lines.join('');
    expect(lines.length).toBe(16 * 7);
    expect(planted.filter((secret) => output.includes(secret))).toEqual([]);
  });

  it('masks named fields in any spelling, at any depth', () => {
    const { logger, records } = setUp();
    logger.info(
      { access_token: 'abc', 'Set-Cookie': 'abc', inner: { phoneNumber: 'abc', Address: 'abc' } },
      'x',
    );
    expect(records()[0]).toMatchObject({
      access_token: '[redacted]',
      'Set-Cookie': '[redacted]',
      inner: { phoneNumber: '[redacted]', Address: '[redacted]' },
    });
  });

  it('keeps what an operator needs', () => {
    const { logger, records } = setUp();
    const id = '018f2b3c-7d5e-7a10-8b3c-123456789012';
    logger.info(
      { topic: 'causeway.push.v1', partition: 3, offset: '1234', sessionId: id, durationMs: 1.5 },
      'handled',
    );
    expect(records()[0]).toMatchObject({
      level: 'info',
      service: 'test',
      topic: 'causeway.push.v1',
      partition: 3,
      offset: '1234',
      sessionId: id,
      durationMs: 1.5,
      msg: 'handled',
    });
  });

  it('writes bytes as their length and bounds depth, width and text', () => {
    const { logger, lines, records } = setUp();
    const deep = { a: { a: { a: { a: { a: { a: { a: 'bottom' } } } } } } };
    const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`f${index}`, index]));
    logger.info(
      { blob: Buffer.alloc(9), deep, wide, long: 'x'.repeat(1_000_000), list: Array(1_000).fill(1) },
      'x',
    );
    expect(records()[0]).toMatchObject({ blob: '[9 bytes]', wide: { omitted: 960 } });
    expect(lines[0]).not.toContain('bottom');
    expect(lines[0]?.length).toBeLessThan(8_000);
  });

  it('survives a cycle', () => {
    const { logger, lines } = setUp();
    const cycle: Record<string, unknown> = {};
    cycle['again'] = cycle;
    logger.info({ cycle }, 'x');
    expect(lines).toHaveLength(1);
  });
});

describe('errors', () => {
  it('keep code and message of our own, with stack frames and causes', () => {
    class OwnError extends Error {
      readonly code = 'mailbox_full';
    }
    const { logger, records } = setUp();
    const cause = Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), { code: 'ECONNREFUSED' });
    logger.error({ err: new OwnError('the mailbox is full', { cause }) }, 'failed');
    const { err } = records()[0] as { err: { stack: string[]; cause: object } };
    expect(err).toMatchObject({ type: 'OwnError', code: 'mailbox_full', message: 'the mailbox is full' });
    expect(err.cause).toMatchObject({ type: 'Error', code: 'ECONNREFUSED' });
    expect(err.cause).not.toHaveProperty('message');
    expect(err.stack[0]).toMatch(/^at /);
  });

  it('of a parser do not quote the input', () => {
    const { logger, lines } = setUp();
    try {
      JSON.parse('secret words');
    } catch (err) {
      logger.error({ err }, 'failed');
    }
    expect(lines.join('')).not.toContain('secret');
  });
});

describe('levels and children', () => {
  it('leaves out what is below the level', () => {
    const { logger, records } = setUp('warn');
    logger.info('no');
    logger.warn({ attempt: 2 }, 'yes');
    expect(records()).toMatchObject([{ level: 'warn', msg: 'yes', attempt: 2 }]);
  });

  it('children add their fields to each record', () => {
    const { logger, records } = setUp();
    logger.child({ part: 'outbox' }).child({ shard: 1 }).info('x');
    expect(records()[0]).toMatchObject({ service: 'test', part: 'outbox', shard: 1 });
  });

  it('names the trace that the work belongs to', () => {
    const { logger, records } = setUp();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    runWithTraceparent(traceparent, () => logger.info('x'));
    expect(records()[0]).toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c' });
  });
});

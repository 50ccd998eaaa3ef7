import { beforeEach, describe, expect, it } from 'vitest';
import { TestClock } from '../testing/test-clock.js';
import { codeOf } from '../testing/test-client.js';
import { UpstreamError } from '../upstream-error.js';
import { ConnectionLifecycle } from './connection-lifecycle.js';

let clock: TestClock;
let told: string[];
let lifecycle: ConnectionLifecycle<string>;

beforeEach(() => {
  clock = new TestClock();
  told = [];
  lifecycle = new ConnectionLifecycle({
    clock,
    logger: { warn: ({ code }, message) => void told.push(`${message}: ${String(code)}`) },
    release: ({ code }) => void told.push(`released: ${code}`),
    onClosed: ({ code }) => void told.push(`closed: ${code}`),
  });
});

const nothing = async () => undefined;
const lost = new UpstreamError('connection_lost');
const online = async () => {
  const login = lifecycle.begin(nothing);
  lifecycle.online('in');
  return login;
};

describe('a connection', () => {
  it('is told of its login, and once of its end', async () => {
    expect(await online()).toBe('in');
    lifecycle.assertOnline();
    lifecycle.end(lost);
    lifecycle.end(new UpstreamError('replaced'));
    expect(told).toEqual(['released: connection_lost', 'closed: connection_lost']);
    expect(() => lifecycle.assertOnline()).toThrow(lost);
    expect(clock.timers).toBe(0);
  });

  it.each([
    ['an error with a code', new UpstreamError('host_refused'), 'host_refused'],
    ['another error', new Error('broken'), 'connect_failed'],
  ])('that cannot be opened ends: %s', async (_name, error, code) => {
    expect(await codeOf(lifecycle.begin(() => Promise.reject(error)))).toBe(code);
    expect(told).toEqual([`released: ${code}`, `closed: ${code}`]);
  });

  it('is begun once', async () => {
    await online();
    expect(await codeOf(lifecycle.begin(nothing))).toBe('not_connected');
    lifecycle.end(lost);
    expect(await codeOf(lifecycle.begin(nothing))).toBe('connection_lost');
  });

  it('has a deadline for each step until it is online', async () => {
    const login = codeOf(lifecycle.begin(nothing));
    lifecycle.expire(100, 'connect_timeout');
    clock.advance(99);
    lifecycle.expire(100, 'login_timeout');
    clock.advance(99);
    expect(lifecycle.state).toBe('connecting');
    clock.advance(1);
    expect(await login).toBe('login_timeout');
  });

  it('has none behind it', async () => {
    await online();
    lifecycle.expire(100, 'login_timeout');
    clock.advance(1_000);
    expect(lifecycle.state).toBe('online');
    expect(clock.timers).toBe(0);
  });

  it('that ends while its login comes stays ended', async () => {
    const login = codeOf(lifecycle.begin(nothing));
    lifecycle.end(lost);
    lifecycle.online('in');
    expect(await login).toBe('connection_lost');
    expect(lifecycle.state).toBe('closed');
  });
});

describe('closing', () => {
  it('waits for the other side, and no longer than it may', async () => {
    await online();
    let done: () => void = () => undefined;
    const closing = lifecycle.close(100, (hungUp) => (done = hungUp));
    expect([lifecycle.over, told]).toEqual([true, []]);
    done();
    await closing;
    expect(told).toEqual(['released: closed', 'closed: closed']);
    expect(clock.timers).toBe(0);
  });

  it('is not kept up by a handshake that ends meanwhile', async () => {
    const login = codeOf(lifecycle.begin(nothing));
    const closing = lifecycle.close(100, () => undefined);
    lifecycle.expire(20_000, 'login_timeout');
    clock.advance(100);
    await closing;
    expect(await login).toBe('closed');
  });

  it('is the reason, whatever happens meanwhile, and happens once', async () => {
    await online();
    let hungUp = 0;
    const both = [1, 2].map(() => lifecycle.close(100, () => (hungUp += 1)));
    lifecycle.end(lost);
    clock.advance(100);
    await Promise.all(both);
    expect(hungUp).toBe(1);
    expect(told).toEqual(['released: closed', 'closed: closed']);
  });

  it('what was never begun tells its owner nothing', async () => {
    await lifecycle.close(100, () => told.push('hung up'));
    expect(told).toEqual(['released: closed']);
    expect(await codeOf(lifecycle.begin(nothing))).toBe('closed');
  });
});

it('errors of callbacks end nothing, and behind the end are no news', async () => {
  await online();
  lifecycle.guarded(() => {
    throw new Error('of the owner');
  });
  lifecycle.report(lost, 'ping failed');
  expect(told).toEqual(['callback failed: wire_broken', 'ping failed: connection_lost']);
  lifecycle.end(lost);
  lifecycle.report(lost, 'ping failed');
  expect(told).toHaveLength(4);
});

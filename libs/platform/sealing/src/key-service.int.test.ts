import { randomBytes } from 'node:crypto';
import { systemClock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs } from '@causeway/testing';
import { TestProcess } from '@causeway/testing/faults';
import { afterEach, describe, expect, it } from 'vitest';
import type { KeyServiceOptions, KeyServiceSaid, Misbehaviour } from './fixtures/key-service.fixture.js';
import { keyWrapConformance } from './fixtures/key-wrap-conformance.js';
import { KeyService, RingKeyWrap, WrappingKeys, type WrappingRing } from './index.js';
import { keyWrapOf, createWrappingRing } from './testing/index.js';

const entry = new URL('./fixtures/key-service.fixture.ts', import.meta.url);
const bearer = 'PLANTED-bearer-of-the-service';
const ring: WrappingRing = { version: 1, keys: [{ id: 'one', createdAt: 0, wrapsFrom: 0 }] };
const options: KeyServiceOptions = { bearer, keys: { one: randomBytes(32).toString('base64') } };

async function start(shown = bearer) {
  const process = await TestProcess.start<KeyServiceSaid>(entry, options);
  const { port } = await process.said((said) => said.kind === 'ready');
  const settings = { url: `http://127.0.0.1:${port}/wrap`, bearer: shown };
  const { logger, text } = captureLogs();
  const metrics = createMetrics('test');
  const service = new KeyService({ settings: () => settings, clock: systemClock, logger, metrics });
  const keys = new WrappingKeys(ring, service);
  const keyWrap = new RingKeyWrap(() => keys, Date.now);
  const close = async () => {
    await process.kill();
    await service.close().catch(() => undefined);
  };
  const misbehave = async (how: Misbehaviour['how'], times = 1) => {
    process.tell({ how, times });
    await process.said((said) => said.kind === 'told');
  };
  const asked = () => process.messages.filter((said) => said.kind === 'asked').length;
  return { keyWrap, close, misbehave, asked, told: async () => `${text()} ${await metrics.render()}` };
}

describe('keys of a file', () => {
  keyWrapConformance(async () => ({
    keyWrap: keyWrapOf(createWrappingRing('one')),
    close: async () => undefined,
  }));
});

describe('keys of a key service', () => {
  keyWrapConformance(start);
});

describe('a key service in trouble', () => {
  let opened: Awaited<ReturnType<typeof start>> | undefined;
  afterEach(() => opened?.close());

  it.each(['hang', 500, 503] as const)('is asked again when it answers with %s once', async (how) => {
    opened = await start();
    await opened.misbehave(how);
    await expect(opened.keyWrap.wrap(randomBytes(32), 'x')).resolves.toBeDefined();
    expect(opened.asked()).toBe(2);
  });

  it.each([
    ['html', 'key_service_answer'],
    ['mute', 'key_service_answer'],
    ['short', 'key_service_answer'],
    ['huge', 'key_service_unreachable'],
    [403, 'key_service_refused'],
  ] as const)('gives no key when it answers with %s', async (how, code) => {
    opened = await start();
    const wrapped = await opened.keyWrap.wrap(randomBytes(32), 'x');
    await opened.misbehave(how, 99);
    await expect(opened.keyWrap.unwrap(wrapped, 'x')).rejects.toMatchObject({ code });
  });

  it('has so many keys wait for it and no more', async () => {
    opened = await start();
    await opened.misbehave('hang', 9_999);
    const { keyWrap } = opened;
    const most = limits.keyServiceCallsInFlight.value;
    const waiting = Array.from({ length: most }, () =>
      keyWrap.wrap(randomBytes(32), 'x').catch(() => 'late'),
    );
    const startedAt = performance.now();
    await expect(keyWrap.wrap(randomBytes(32), 'x')).rejects.toMatchObject({
      code: 'key_service_unreachable',
    });
    expect(performance.now() - startedAt).toBeLessThan(limits.keyServiceDeadlineMs.value);
    await Promise.all(waiting);
  });

  it('refuses who shows another bearer token; no log line and no metric holds a key or a context', async () => {
    opened = await start('another-bearer-token');
    const dataKey = randomBytes(32);
    await expect(opened.keyWrap.wrap(dataKey, 'PLANTED')).rejects.toMatchObject({
      code: 'key_service_refused',
    });
    const told = await opened.told();
    for (const secret of ['PLANTED', dataKey.toString('base64')]) expect(told).not.toContain(secret);
    expect(told).toContain('key_service_calls_total{outcome="refused"');
  });
});

import { createMetrics } from '@causeway/telemetry';
import { captureLogs, createTestAuthority, FakeClock } from '@causeway/testing';
import { beforeEach, expect, it } from 'vitest';
import { CertificateExpiry } from './certificate-expiry.js';

const dayMs = 86_400_000;
const authority = createTestAuthority();
const lasting = (days: number) => authority.issue('x', { lifetimeMs: days * dayMs }).certificate;

let clock: FakeClock;
let logs: ReturnType<typeof captureLogs>;
let metrics: ReturnType<typeof createMetrics>;
let expiry: CertificateExpiry;

beforeEach(() => {
  clock = new FakeClock(Date.now());
  logs = captureLogs();
  metrics = createMetrics('test');
  expiry = new CertificateExpiry({ clock, logger: logs.logger, metrics });
});

async function days(): Promise<number> {
  const value = /certificate_expiry_days\{[^}]*setting="tls_ca"[^}]*\} (\S+)/.exec(await metrics.render());
  return Number(value?.[1]);
}
async function later(byDays: number): Promise<void> {
  await clock.advance(byDays * dayMs);
  expiry.look();
}

it('says how many days are left of the certificate that ends first, also when it has ended', async () => {
  expect(expiry.isNeeded).toBe(false);
  expiry.note('tls_ca', lasting(40) + lasting(20));
  await later(0);
  expect(await days()).toBeCloseTo(20, 1);
  await later(25);
  expect(await days()).toBeCloseTo(-5, 1);
});

it('warns once from 14 days before the end, and again of another certificate', async () => {
  expiry.note('tls_ca', lasting(20));
  await later(5);
  expect(logs.lines).toEqual([]);
  await later(2);
  await later(1);
  expect(logs.lines.map(({ level, message }) => [level, message])).toEqual([
    ['warn', 'a certificate ends soon, or has ended'],
  ]);
  expiry.note('tls_ca', lasting(10));
  await later(0);
  expect(logs.lines).toHaveLength(2);
  expect(logs.text()).not.toContain('CERTIFICATE-----');
});

it('forgets a certificate that is taken away', async () => {
  expiry.note('tls_ca', lasting(1));
  await later(0);
  expiry.note('tls_ca', undefined);
  await later(5);
  expect(await days()).toBeNaN();
});

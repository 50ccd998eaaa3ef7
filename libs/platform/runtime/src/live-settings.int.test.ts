import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificatesField, defineConfig } from '@causeway/config';
import { limits } from '@causeway/limits';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, createTestAuthority, FakeClock } from '@causeway/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openIdentity } from './identity.js';
import { LiveSettings } from './live-settings.js';

const folder = mkdtempSync(join(tmpdir(), 'causeway-live-'));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, value: string | object) =>
  writeFileSync(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value));

const section = defineConfig('Key', {
  KEY: { schema: z.string().regex(/^[a-z-]+$/), doc: 'Key.', secret: true },
});
const env = { CAUSEWAY_KEY_FILE: join(folder, 'key') };
let clock: FakeClock;
let logs: ReturnType<typeof captureLogs>;
let metrics: ReturnType<typeof createMetrics>;
const settings = (from: Record<string, string> = env) =>
  new LiveSettings(from, { clock, logger: logs.logger, metrics });
const nextLook = () => clock.advance(limits.settingsReloadMs.value);

beforeEach(() => {
  clock = new FakeClock();
  logs = captureLogs();
  metrics = createMetrics('test');
  write('key', 'one');
});

describe('a value made of settings in a file', () => {
  it('is made anew when the file changes', async () => {
    const live = settings().open(section, ({ KEY }) => `<${KEY}>`);
    const seen: string[] = [];
    live.onChange(() => seen.push(live.current));
    await nextLook();
    write('key', 'two');
    expect(live.current).toBe('<one>');
    await nextLook();
    expect([live.current, seen]).toEqual(['<two>', ['<two>']]);
    expect(await metrics.render()).toMatch(/settings_reloads_total\{[^}]*outcome="used"[^}]*\} 1$/m);
  });

  it.each([
    ['malformed', 'PLANTED 1'],
    ['refused by its user', 'planted-weak'],
    ['empty', ''],
  ])('stays while the file is %s: a log line and a metric say so, and no part of it', async (_what, bad) => {
    const live = settings().open(section, ({ KEY }) => {
      if (KEY.includes('weak')) throw new TypeError(`too weak: ${KEY}`);
      return KEY;
    });
    write('key', bad);
    await nextLook();
    await nextLook();
    expect(live.current).toBe('one');
    expect(logs.lines.map(({ level, message }) => [level, message])).toEqual([
      ['error', expect.stringContaining('refused; the last good ones stay in use')],
    ]);
    expect(logs.text()).not.toMatch(/planted/i);
    expect(await metrics.render()).toMatch(/settings_refused\{[^}]*section="Key"[^}]*\} 1$/m);
    write('key', 'three');
    await nextLook();
    expect(live.current).toBe('three');
    expect(await metrics.render()).toMatch(/settings_refused\{[^}]*section="Key"[^}]*\} 0$/m);
  });

  it('is not looked at when it is in the environment, nor after the end', async () => {
    const fromEnvironment = settings({ CAUSEWAY_KEY: 'fixed' }).open(section, ({ KEY }) => KEY);
    const ended = settings();
    const live = ended.open(section, ({ KEY }) => KEY);
    ended.stop();
    write('key', 'two');
    await nextLook();
    expect([fromEnvironment.current, live.current]).toEqual(['fixed', 'one']);
  });
});

describe('certificates in settings', () => {
  const authority = createTestAuthority();
  const trust = defineConfig('Trust', { TRUST: certificatesField('Authorities.') });
  const files = { CAUSEWAY_TRUST_FILE: join(folder, 'ca') };

  it('are measured, from files as from the environment', async () => {
    write('ca', authority.ca);
    settings(files).open(trust, ({ TRUST }) => TRUST);
    expect(await metrics.render()).toMatch(/certificate_expiry_days\{[^}]*setting="trust"[^}]*\} \d+/);
    metrics = createMetrics('test');
    settings({ CAUSEWAY_TRUST: authority.ca }).open(trust, ({ TRUST }) => TRUST);
    expect(await metrics.render()).toMatch(/certificate_expiry_days\{[^}]*setting="trust"[^}]*\} \d+/);
  });

  it('stay while a file is half written, also behind a whole certificate', async () => {
    write('ca', authority.ca);
    const live = settings(files).open(trust, ({ TRUST }) => TRUST);
    write('ca', authority.ca + authority.ca.slice(0, 200));
    await nextLook();
    expect(live.current).toBe(authority.ca.trimEnd());
    expect(logs.lines.some(({ level }) => level === 'error')).toBe(true);
  });
});

describe('who follows a value', () => {
  it('may refuse it: everybody has the one before again', async () => {
    const live = settings().open(section, ({ KEY }) => KEY);
    const seen: string[] = [];
    live.onChange(() => seen.push(live.current));
    live.onChange(() => {
      if (live.current === 'weak') throw new Error('too weak');
    });
    write('key', 'weak');
    await nextLook();
    expect([live.current, seen]).toEqual(['one', ['weak', 'one']]);
    expect(logs.text()).toContain('they cannot be used');
  });
});

describe('the identity of a service', () => {
  const pair = (kid: string) => {
    const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
    const open = { kty: 'OKP', crv: 'Ed25519', x: jwk.x ?? '', kid };
    return { open, own: { ...open, d: jwk.d } };
  };
  const files = {
    CAUSEWAY_SERVICE_PRIVATE_KEY_FILE: join(folder, 'own'),
    CAUSEWAY_SERVICE_KEYS_FILE: join(folder, 'all'),
  };

  it('changes key by key: the public one first, then the private one, then the old one goes', async () => {
    const [first, second] = [pair('keys.1'), pair('keys.2')];
    write('own', first.own);
    write('all', { keys: [first.open] });
    const identity = openIdentity(settings(files));
    const now = () => [identity.credentials().privateJwk.kid, identity.keys().keys.map(({ kid }) => kid)];
    expect(now()).toEqual(['keys.1', ['keys.1']]);

    // The private key before its public part: refused, because nobody could verify it.
    write('own', second.own);
    await nextLook();
    expect(now()).toEqual(['keys.1', ['keys.1']]);
    write('all', { keys: [first.open, second.open] });
    await nextLook();
    expect(now()).toEqual(['keys.2', ['keys.1', 'keys.2']]);
    write('all', { keys: [second.open] });
    await nextLook();
    expect(now()).toEqual(['keys.2', ['keys.2']]);
    const [before, after] = [identity.keys(), identity.keys()];
    expect(before).toBe(after);
  });
});

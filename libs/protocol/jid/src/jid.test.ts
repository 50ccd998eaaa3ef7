import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bareJid,
  formatAddress,
  formatJid,
  isAddress,
  type Jid,
  JidError,
  jidEquals,
  jidServers,
  maxDevice,
  parseAddress,
  parseJid,
} from './index.js';

const samples: [string, Jid][] = [
  ['300-42:7@interop', { user: '42', server: 'interop', integrator: 300, device: 7 }],
  ['12-42:0@interop', { user: '42', server: 'interop', integrator: 12, device: 0 }],
  ['1-a-b@interop', { user: 'a-b', server: 'interop', integrator: 1 }],
  ['4915:3@s.whatsapp.net', { user: '4915', server: 's.whatsapp.net', device: 3 }],
  ['4915.7:3@s.whatsapp.net', { user: '4915', server: 's.whatsapp.net', agent: 7, device: 3 }],
  ['123-456@g.us', { user: '123-456', server: 'g.us' }],
  ['999:300@msgr', { user: '999', server: 'msgr', device: 300 }],
  ['1.2@lid', { user: '1.2', server: 'lid' }],
  ['s.whatsapp.net', { user: '', server: 's.whatsapp.net' }],
];

const refused: [string, string][] = [
  ['', 'not_a_jid'],
  ['alice', 'not_a_jid'],
  ['broadcast', 'not_a_jid'],
  ['@s.whatsapp.net', 'bad_user'],
  ['alice@example.org', 'unknown_server'],
  ['42@interop', 'bad_integrator'],
  ['65536-42@interop', 'bad_integrator'],
  ['01-42@interop', 'bad_integrator'],
  ['1-@interop', 'bad_user'],
  ['1-a:b:2@interop', 'bad_user'],
  ['1-42:65536@interop', 'bad_device'],
  ['1-42:@interop', 'bad_device'],
  ['1-42:07@interop', 'bad_device'],
  ['42:256@s.whatsapp.net', 'bad_device'],
  ['42:1@g.us', 'bad_device'],
  ['42.1@s.whatsapp.net', 'bad_agent'],
  ['42.128:2@s.whatsapp.net', 'bad_agent'],
  ['42.x@s.whatsapp.net', 'bad_agent'],
  ['a/b@lid', 'bad_user'],
  ['a\u0000b@lid', 'bad_user'],
  [`${'9'.repeat(2000)}@lid`, 'not_a_jid'],
];

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof JidError) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('parseJid and formatJid', () => {
  it.each(samples)('reads %s and writes it back', (text, jid) => {
    expect(parseJid(text)).toEqual(jid);
    expect(formatJid(jid)).toBe(text);
  });

  it.each(refused)('refuses %j with %s', (text, code) => {
    expect(codeOf(() => parseJid(text))).toBe(code);
  });

  it('refuses parts that the text could not tell apart', () => {
    expect(codeOf(() => formatJid({ user: '1-42:7', server: 'interop' }))).toBe('bad_user');
    expect(codeOf(() => formatJid({ user: '42.7', server: 's.whatsapp.net' }))).toBe('bad_user');
    expect(codeOf(() => formatJid({ user: '42', server: 'lid', integrator: 3 }))).toBe('bad_user');
    expect(codeOf(() => formatJid({ user: '', server: 's.whatsapp.net', device: 1 }))).toBe('bad_user');
  });

  it('never repeats the text in an error', () => {
    expect(() => parseJid('4915112345678@example.org')).toThrow(/^not a JID: unknown_server$/);
  });

  it('writes every JID so that it comes back the same', () => {
    const user = fc.stringMatching(/^[0-9a-z_-]{1,20}$/);
    const jid = fc
      .record({
        user,
        server: fc.constantFrom(...jidServers),
        device: fc.option(fc.nat(0xffff), { nil: undefined }),
        integrator: fc.nat(0xffff),
      })
      .map(({ user, server, device, integrator }): Jid => {
        const max = maxDevice(server);
        return {
          user,
          server,
          ...(device !== undefined && max > 0 && { device: device & max }),
          ...(server === 'interop' && { integrator }),
        };
      });
    fc.assert(
      fc.property(jid, (value) => {
        expect(parseJid(formatJid(value))).toEqual(value);
      }),
    );
  });

  it('gives JidError and nothing else for any text', () => {
    const text = fc.oneof(
      fc.string(),
      fc.tuple(fc.string(), fc.constantFrom(...jidServers)).map(([a, b]) => `${a}@${b}`),
    );
    fc.assert(
      fc.property(text, (value) => {
        if (codeOf(() => parseJid(value)) === 'accepted') expect(formatJid(parseJid(value))).toBe(value);
      }),
    );
  });
});

describe('addresses of servers that are not known', () => {
  it.each<[string, Jid]>([
    ['alice@example.org', { user: 'alice', server: 'example.org' }],
    ['é@[::1]', { user: 'é', server: '[::1]' }],
    ['42.7@new', { user: '42.7', server: 'new' }],
    ['example.org', { user: '', server: 'example.org' }],
    ['call', { user: '', server: 'call' }],
  ])('reads %s and writes it back', (text, jid) => {
    expect(parseAddress(text)).toEqual(jid);
    expect(formatAddress(jid)).toBe(text);
    expect(isAddress(jid)).toBe(true);
  });

  it.each(samples)('reads %s as parseJid does', (text, jid) => {
    expect(parseAddress(text)).toEqual(jid);
    expect(formatAddress(jid)).toBe(text);
  });

  it.each([
    ['', 'not_a_jid'],
    ['a@', 'not_a_jid'],
    ['@example.org', 'bad_user'],
    ['alice@example.org/phone', 'not_a_jid'],
    ['a b/c', 'not_a_jid'],
    ['a:b@example.org', 'bad_user'],
    ['a@b@example.org', 'bad_user'],
    ['a@b\u0000', 'not_a_jid'],
    ['x'.repeat(1025), 'not_a_jid'],
    ['1-@interop', 'bad_user'],
    ['42:256@lid', 'bad_device'],
  ])('refuses %j with %s', (text, code) => {
    expect(codeOf(() => parseAddress(text))).toBe(code);
  });

  it.each<Jid>([
    { user: 'alice', server: 'example.org', device: 1 },
    { user: 'alice', server: 'example.org', agent: 7 },
    { user: 'alice', server: 'example.org', integrator: 7 },
    { user: '', server: 'example.org', device: 1 },
    { user: 'a@b', server: 'example.org' },
    { user: 'a', server: 'b@c' },
    { user: 'a', server: '' },
    { user: 'a', server: 'interop' },
    { user: 'a', server: 'lid', device: 256 },
    { user: 'a', server: 'lid', device: 1.5 },
  ])('has no text for %j', (jid) => {
    expect(isAddress(jid)).toBe(false);
    expect(codeOf(() => formatAddress(jid))).not.toBe('accepted');
  });

  it('gives JidError and nothing else, and writes again what it read', () => {
    const text = fc.oneof(
      fc.string(),
      fc.tuple(fc.string(), fc.string()).map(([a, b]) => `${a}@${b}`),
    );
    fc.assert(
      fc.property(text, (value) => {
        if (codeOf(() => parseAddress(value)) !== 'accepted') return;
        expect(formatAddress(parseAddress(value))).toBe(value);
        expect(isAddress(parseAddress(value))).toBe(true);
      }),
    );
  });
});

describe('jidEquals and bareJid', () => {
  it('takes device 0 and no device as the same, and tells integrators apart', () => {
    expect(jidEquals(parseJid('1-42:0@interop'), parseJid('1-42@interop'))).toBe(true);
    expect(jidEquals(parseJid('1-42:1@interop'), parseJid('1-42@interop'))).toBe(false);
    expect(jidEquals(parseJid('1-42@interop'), parseJid('2-42@interop'))).toBe(false);
  });

  it('drops device and agent, keeps the integrator', () => {
    expect(formatJid(bareJid(parseJid('300-42:7@interop')))).toBe('300-42@interop');
    expect(formatJid(bareJid(parseJid('42.7:3@s.whatsapp.net')))).toBe('42@s.whatsapp.net');
  });
});

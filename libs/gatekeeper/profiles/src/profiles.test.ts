import fc from 'fast-check';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import {
  formatProfile,
  loadProfile,
  loadProfiles,
  mediaPath,
  parseProfile,
  ProfileError,
  resolveProfile,
  wireOf,
  type ProfileOverrides,
} from './index.js';

const shipped = fileURLToPath(new URL('../../../../deploy/profiles/', import.meta.url));
const textOf = (name: string): string => readFileSync(join(shipped, `${name}.yaml`), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'causeway-profiles-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What whoever starts the simulator knows. */
const running: ProfileOverrides = {
  wire: { url: 'ws://127.0.0.1:5222/ws/chat', rootPublicKey: '0f'.repeat(32) },
  enlistment: { url: 'http://127.0.0.1:8090/3p/interop_reg' },
  token: { issuer: 'https://provider.example', audience: 'simulator' },
  push: { jwksUrl: 'http://127.0.0.1:8090/.well-known/jwks', audience: 'http://127.0.0.1:8006' },
  media: { downloadBase: 'http://127.0.0.1:8090', downloadHosts: ['127.0.0.1:8090'] },
  egress: { hosts: ['127.0.0.1:8090', '127.0.0.1:5222'] },
};
const simulator = () => resolveProfile(parseProfile(textOf('simulator')), running);

/** The simulator's profile in full, with one piece of its text replaced. */
function changed(from: string | RegExp, to: string): string {
  const before = formatProfile(simulator());
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  return after;
}

function problemOf(text: string, resolve = false): string {
  try {
    const draft = parseProfile(text);
    if (resolve) resolveProfile(draft);
  } catch (error) {
    expect(error).toBeInstanceOf(ProfileError);
    return error instanceof Error ? error.message : '';
  }
  return 'accepted';
}

describe('the shipped profiles', () => {
  it.each(readdirSync(shipped))('%s is valid', async (file) => {
    const draft = await loadProfile(join(shipped, file));
    expect(`${draft.id}.yaml`).toBe(file);
  });

  it('whatsapp says in one line what only the agreement tells, and starts once that is given', async () => {
    const draft = parseProfile(textOf('whatsapp'));
    const missing =
      'integrator, wire.rootPublicKey, wire.url, token.issuer, token.audience, push.audience: not published;' +
      ' set in the profile what the gatekeeper gave you';
    expect(() => resolveProfile(draft)).toThrow(`profile whatsapp: ${missing}`);
    await expect(loadProfiles(shipped, ['whatsapp'], { development: false })).rejects.toMatchObject({
      code: 'profile_unset',
    });
    const given: ProfileOverrides = {
      integrator: 12,
      wire: { rootPublicKey: 'ab'.repeat(32), url: 'wss://chat.example.net/ws' },
      token: { issuer: 'https://provider.example', audience: 'whatsapp' },
      push: { audience: 'https://provider.example' },
    };
    expect(() => resolveProfile(draft, given)).toThrow(
      'profile whatsapp: egress.hosts: lacks chat.example.net, the host of wire.url',
    );
    const hosts = ['chat.example.net', 'v.whatsapp.net', 'whatsapp.com', 'mmg.whatsapp.net'];
    expect(resolveProfile(draft, { ...given, egress: { hosts } })).toMatchObject({
      custody: 'gatekeeper',
      region: 'eea',
      development: false,
    });
  });
});

describe('the profile of a plain XMPP server', () => {
  const given: ProfileOverrides = {
    integrator: 1,
    wire: { url: 'xmpp://xmpp.example:5222', domain: 'xmpp.example' },
    enlistment: { url: 'https://provider.example/accounts' },
    token: { issuer: 'https://provider.example', audience: 'xmpp' },
    push: { jwksUrl: 'https://provider.example/jwks', audience: 'https://provider.example' },
    media: { downloadBase: 'https://provider.example', downloadHosts: ['provider.example'] },
    egress: { hosts: ['xmpp.example:5222', 'provider.example'] },
  };

  it('is complete once the deployment’s own fields are given, and takes no tunnel', () => {
    const draft = parseProfile(textOf('xmpp'));
    expect(resolveProfile(draft, given)).toMatchObject({ wire: { codec: 'xmpp' }, mode: 'proxy' });
    expect(() => resolveProfile(draft, { ...given, mode: 'tunnel' })).toThrow('mode: cannot be tunnel');
  });

  it('tells nobody’s address, unless by the PROXY protocol', () => {
    const draft = parseProfile(textOf('xmpp'));
    const toldBy = (clientAddress: 'header' | 'proxy-protocol') =>
      resolveProfile(draft, { ...given, proxyHandshake: { clientAddress } }).proxyHandshake.clientAddress;
    expect(resolveProfile(draft, given).proxyHandshake.clientAddress).toBe('none');
    expect(toldBy('proxy-protocol')).toBe('proxy-protocol');
    expect(() => toldBy('header')).toThrow('proxyHandshake.clientAddress: cannot be header');
  });
});

describe('a resolved profile', () => {
  it('gives the transport bytes, the dictionary and all limits', () => {
    const profile = resolveProfile(parseProfile(textOf('simulator')), {
      ...running,
      wire: { ...running.wire, limits: { queryMs: 5_000 }, origin: 'https://web.example' },
    });
    const defaults = {
      maxFrameBytes: 1,
      maxStanzaBytes: 2,
      maxDepth: 3,
      maxElements: 4,
      maxAttributes: 5,
      connectMs: 6,
      loginMs: 7,
      queryMs: 8,
      keepaliveMinMs: 9,
      keepaliveMaxMs: 10,
      deadSocketMs: 11,
      other: 12,
    };
    const wire = wireOf(profile, { binary: defaults, xmpp: defaults });
    if (wire.codec !== 'binary') throw new Error('another wire');
    expect(wire).toMatchObject({
      url: 'ws://127.0.0.1:5222/ws/chat',
      origin: 'https://web.example',
      transcript: 'wa',
      header: '57410603',
      codec: 'binary',
      limits: { ...defaults, queryMs: 5_000 },
    });
    expect(wire.rootPublicKey).toEqual(new Uint8Array(32).fill(15));
    expect(wire.dictionary.codeOf('message')).toBeDefined();
  });

  it('is the same after it was written and read again', () => {
    expect(resolveProfile(parseProfile(formatProfile(simulator())))).toEqual(simulator());
  });

  it('names the media path of the annex', () => {
    expect(mediaPath(simulator(), 'ab$&c')).toBe('/interop/whatsapp/download/7/ab$&c/');
  });
});

describe('the profile of a plain XMPP server', () => {
  const given = {
    integrator: 7,
    wire: { url: 'xmpp://chat.example.net:5222', domain: 'example.net' },
    enlistment: { url: 'https://provider.example/accounts' },
    token: { issuer: 'https://provider.example', audience: 'xmpp' },
    push: { jwksUrl: 'https://provider.example/jwks', audience: 'https://provider.example' },
    media: { downloadBase: 'https://provider.example', downloadHosts: ['provider.example'] },
    egress: { hosts: ['chat.example.net:5222', 'provider.example'] },
  } as const;
  const resolved = (wire: object = {}, egress: object = given.egress) =>
    resolveProfile(parseProfile(textOf('xmpp')), {
      ...given,
      wire: { ...given.wire, ...wire },
      egress,
    } as unknown as ProfileOverrides);
  const defaults = {
    maxFrameBytes: 1,
    maxStanzaBytes: 2,
    maxDepth: 3,
    maxElements: 4,
    maxAttributes: 5,
    connectMs: 6,
    loginMs: 7,
    queryMs: 8,
    keepaliveMinMs: 9,
    keepaliveMaxMs: 10,
    deadSocketMs: 11,
  };

  it('gives the transport a name and how to log in', () => {
    const wire = wireOf(resolved({ limits: { queryMs: 5_000 } }), { binary: defaults, xmpp: defaults });
    expect(wire).toEqual({
      codec: 'xmpp',
      domain: 'example.net',
      mechanisms: ['SCRAM-SHA-256'],
      limits: { ...defaults, queryMs: 5_000 },
    });
  });

  it('names one address, which may be one of IPv6', () => {
    const local = resolved({ url: 'xmpp://[::1]:5222' }, { hosts: ['[::1]:5222', 'provider.example'] });
    expect(local.wire.url).toBe('xmpp://[::1]:5222');
  });

  it.each([
    ['no port', { url: 'xmpp://chat.example.net' }, 'wire.url: must be xmpp://host:port'],
    ['a path', { url: 'xmpp://chat.example.net:5222/x' }, 'wire.url: must be xmpp://host:port'],
    ['a password', { url: 'xmpp://u:p@chat.example.net:5222' }, 'wire.url: must be'],
    ['no TLS before the stream', { url: 'http://chat.example.net:5222' }, 'wire.url: must be'],
    ['another address', { url: 'xmpp://other.example:5222' }, 'egress.hosts: lacks other.example:5222'],
    ['a mechanism that shows the secret', { mechanisms: ['PLAIN'] }, 'wire.mechanisms.0: '],
    ['no mechanism', { mechanisms: [] }, 'wire.mechanisms: '],
    ['no name', { domain: 'UPPER' }, 'wire.domain: must be a domain name'],
    ['an authority that is none', { ca: 'trust me' }, 'wire.ca: must be certificates in PEM'],
    ['frames', { limits: { maxFrameBytes: 2_048 } }, 'wire.limits.maxFrameBytes: is not a field'],
    ['a root of the other wire', { rootPublicKey: 'ab'.repeat(32) }, 'wire.rootPublicKey: is not a field'],
  ])('with %s is refused', (_name, wire, problem) => {
    expect(() => resolved(wire)).toThrow(problem);
  });
});

describe('loading', () => {
  const write = (name: string, text: string) => writeFileSync(join(folder, `${name}.yaml`), text);

  it('gives the named profiles and refuses a development profile in production', async () => {
    write('simulator', formatProfile(simulator()));
    const profiles = await loadProfiles(folder, ['simulator'], { development: true });
    expect([...profiles.keys()]).toEqual(['simulator']);
    await expect(loadProfiles(folder, ['simulator'], { development: false })).rejects.toMatchObject({
      code: 'profile_development',
      message: 'profile simulator: is for development only and refused in production',
    });
  });

  it('reads the dictionary that a profile names from the file beside it', async () => {
    const named = (dictionary: string) => {
      const { wire, ...rest } = simulator();
      write('simulator', formatProfile({ ...rest, wire: { ...wire, dictionary } as typeof wire }));
      return loadProfiles(folder, ['simulator'], { development: true });
    };
    const page = Array.from({ length: 256 }, (_, index) => `word-${index}`);
    const single = ['', ...Array.from({ length: 235 }, (_, index) => `one-${index}`)];
    writeFileSync(join(folder, 'four.json'), JSON.stringify({ single, double: [page, page, page, page] }));
    const profile = (await named('four.json')).get('simulator');
    if (profile === undefined) throw new Error('no profile');
    const limits = {} as Parameters<typeof wireOf>[1]['binary'];
    const wire = wireOf(profile, { binary: limits, xmpp: limits });
    expect(wire.codec === 'binary' && wire.dictionary.codeOf('one-0')).toEqual({ first: 1 });
    writeFileSync(join(folder, 'bad.json'), '{"single":[]}');
    writeFileSync(join(folder, 'text.json'), 'planted');
    writeFileSync(join(folder, 'large.json'), ' '.repeat(200_000));
    for (const bad of ['bad.json', 'text.json', 'large.json']) {
      await expect(named(bad)).rejects.toThrow(
        'profile simulator: wire.dictionary: binary XML: bad_dictionary',
      );
    }
    await expect(named('none.json')).rejects.toThrow('wire.dictionary: ENOENT');
  });

  it('refuses a file that is missing or holds another profile', async () => {
    const development = { development: true };
    await expect(loadProfiles(folder, ['nobody'], development)).rejects.toMatchObject({
      code: 'profile_unreadable',
    });
    write('other', formatProfile(simulator()));
    await expect(loadProfiles(folder, ['other'], development)).rejects.toThrow(
      'profile other: id: is simulator, which is not the name of its file',
    );
  });
});

describe('validation', () => {
  it.each<[string, string | RegExp, string, string]>([
    ['an unknown field', 'wire:\n', 'wire:\n  colour: red\n', 'wire.colour: is not a field of a profile'],
    ['an unknown field at the top', 'id:', 'colour: red\nid:', 'colour: is not a field of a profile'],
    ['a missing field', /^custody: .*\n/m, '', 'custody: is missing'],
    ['a missing group', /^enlistment:\n.*\n/m, '', 'enlistment: is missing'],
    ['a wrong choice', 'custody: gatekeeper', 'custody: nobody', 'custody: Invalid option'],
    ['hex without quotes', 'header: "57410603"', 'header: 57410603', 'wire.header: must be hex in quotes'],
    ['a short root key', /rootPublicKey: .*/, 'rootPublicKey: 0f0f', 'wire.rootPublicKey: must be 32 bytes'],
    ['another scheme', 'ws://127', 'file://127', 'wire.url: must be a URL that begins with wss:// or ws://'],
    [
      'a password in a URL',
      'http://127.0.0.1:8090/3p',
      'http://u:p@127.0.0.1:8090/3p',
      'enlistment.url: must be',
    ],
    ['a token for a day', 'lifetimeSeconds: 300', 'lifetimeSeconds: 86400', 'token.lifetimeSeconds: Too big'],
    ['an integrator above 999', 'integrator: 7', 'integrator: 1000', 'integrator: Too big'],
    ['a text for a number', 'integrator: 7', 'integrator: seven', 'integrator: Invalid input'],
    ['a template without reference', '{reference}', 'x', 'media.pathTemplate: must hold {reference} once'],
    ['a host with a path', '- 127.0.0.1:5222', '- 127.0.0.1:5222/x', 'egress.hosts.1: must be a host'],
    ['a kind twice', '- phone', '- email', 'identifierPolicy.kinds: must not name anything twice'],
    [
      'an audience with a path',
      'http://127.0.0.1:8006',
      'http://127.0.0.1:8006/',
      'push.audience: must be an origin',
    ],
    ['a repeated key', 'id: simulator', 'id: simulator\nid: other', 'is not YAML: line 2'],
    ['an alias', 'title: Gatekeeper simulator', 'title: &a x\nx: *a', 'is not YAML'],
  ])('refuses %s, naming the field in one line', (_what, from, to, problem) => {
    const message = problemOf(changed(from, to));
    expect(message).toContain(problem);
    expect(message).not.toContain('\n');
  });

  it.each<[string, string | RegExp, string, string]>([
    [
      'clear text outside development',
      'development: true',
      'development: false',
      'wire.url: must be encrypted',
    ],
    [
      'a deletion without the device that alone has the key',
      /noiseKeys: sealed([^]*)deletionWithoutDevice: false/,
      'noiseKeys: device$1deletionWithoutDevice: true',
      'deletionWithoutDevice: cannot be true while noiseKeys is device',
    ],
    [
      'an address outside the hosts',
      '- 127.0.0.1:5222',
      '- 127.0.0.1:1',
      'egress.hosts: lacks 127.0.0.1:5222',
    ],
    [
      'a media host outside the hosts',
      '- 127.0.0.1:8090',
      '- 127.0.0.1:8090\n    - cdn.example',
      'egress.hosts: lacks cdn.example of media.downloadHosts',
    ],
    ['an unset field', /rootPublicKey: .*/, 'rootPublicKey: unset', 'wire.rootPublicKey: not published'],
    [
      'a keepalive that ends before it begins',
      /limits: \{\}/,
      'limits: { keepaliveMinMs: 9000, keepaliveMaxMs: 8000 }',
      'wire.limits.keepaliveMinMs: must not be above keepaliveMaxMs',
    ],
  ])('refuses to start with %s', (_what, from, to, problem) => {
    const text = changed(from, to);
    expect(problemOf(text)).toBe('accepted');
    expect(problemOf(text, true)).toContain(problem);
  });

  it('refuses private addresses outside development', () => {
    const draft = parseProfile(textOf('whatsapp'));
    const secure: ProfileOverrides = {
      integrator: 1,
      wire: { rootPublicKey: 'ab'.repeat(32), url: 'wss://c.whatsapp.net' },
      token: { issuer: 'i', audience: 'a' },
      push: { audience: 'https://provider.example' },
    };
    const hosts = ['*.whatsapp.net', 'whatsapp.com'];
    expect(() =>
      resolveProfile(draft, { ...secure, egress: { hosts, allowPrivateAddresses: true } }),
    ).toThrow('profile whatsapp: egress.allowPrivateAddresses: needs development to be true');
    expect(resolveProfile(draft, { ...secure, egress: { hosts } }).egress.hosts).toEqual(hosts);
  });

  it('refuses what is far too long, and gives its own error for any text', () => {
    expect(problemOf(`x: ${'y'.repeat(70_000)}`)).toContain('is longer than 65536 characters');
    expect(problemOf('['.repeat(60_000))).toContain('is not');
    expect(problemOf('{a: '.repeat(15_000))).toContain('is not');
    expect(problemOf('__proto__: { id: simulator }')).toContain('profile');
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.json(), fc.string({ unit: fc.constantFrom(...'{}[]:-&*!|> \n\ta') })),
        (text) => {
          expect(problemOf(text)).not.toBe('accepted');
        },
      ),
      { numRuns: 500 },
    );
  });
});

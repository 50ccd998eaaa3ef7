import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { UpstreamError } from '../index.js';
import { codeOf, eventually } from '../testing/test-client.js';
import { TestClock } from '../testing/test-clock.js';
import { newXmppClient } from '../testing/xmpp-client.fixture.js';
import { dialTo, issue, secret, XmppServer, type Script } from '../testing/xmpp-server.fixture.js';

let server: XmppServer;
const start = async (script: Partial<Script> = {}) => (server = await XmppServer.start(script));
afterEach(() => server.stop());

const login = async (script: Partial<Script>) => {
  await start(script);
  const client = newXmppClient(server);
  const code = await codeOf(client.connection.connect());
  expect(client.closed.map((reason) => reason.code)).toEqual(code === 'accepted' ? [] : [code]);
  return code;
};
const tls = 'xmlns="urn:ietf:params:xml:ns:xmpp-tls"';
const sasl = 'xmlns="urn:ietf:params:xml:ns:xmpp-sasl"';
const sm = 'xmlns="urn:xmpp:sm:3"';
const offered = (...names: string[]) =>
  `<mechanisms ${sasl}>${names.map((name) => `<mechanism>${name}</mechanism>`).join('')}</mechanisms>`;

it.each([
  ['7-1@xmpp.example/x', '7-1@xmpp.example'],
  // A server that goes its own way.
  ['Somebody@xmpp.example/another@resource', 'somebody@xmpp.example'],
])('learns from the server, which binds %s, that the account is %s', async (address, account) => {
  await start({ address });
  expect(await newXmppClient(server).connection.connect()).toEqual({ account });
});

it('logs in, and shows nothing before the server is known', async () => {
  expect(await login({})).toBe('accepted');
  expect(server.cleared).toMatch(/^<\?xml[^>]*><stream:stream [^>]*><starttls [^>]*\/>$/);
  expect(server.secured).not.toContain(secret);
  expect(server.secured).not.toContain(Buffer.from(secret).toString('base64'));
});

describe('before TLS', () => {
  it.each<[string, Partial<Script>, string]>([
    [
      'offers no TLS',
      { clear: `<stream:features>${offered('PLAIN', 'SCRAM-SHA-256')}</stream:features>` },
      'tls_required',
    ],
    ['refuses TLS', { proceed: `<failure ${tls}/>` }, 'tls_required'],
    ['ends the stream', { clear: '</stream:stream>' }, 'tls_required'],
    ['says something else', { clear: '<message/>' }, 'tls_required'],
    ['speaks on behind its word to go on', { proceed: `<proceed ${tls}/><stream:features/>` }, 'wire_broken'],
    ['begins to', { proceed: `<proceed ${tls}/><stre` }, 'wire_broken'],
    ['leaves white space there', { proceed: `<proceed ${tls}/>\n` }, 'wire_broken'],
    ['sends a document type', { clear: '<!DOCTYPE a [<!ENTITY b "c">]>' }, 'wire_broken'],
    ['sends what is not UTF-8', { clear: '<a>\u00ff' }, 'wire_broken'],
    ['sends without end', { clear: `<a>${'x'.repeat(20_000)}` }, 'wire_broken'],
    [
      'points elsewhere',
      {
        clear:
          '<stream:error><see-other-host xmlns="urn:ietf:params:xml:ns:xmpp-streams">127.0.0.1:1</see-other-host></stream:error>',
      },
      'connect_failed',
    ],
  ])('a server that %s', async (_name, script, code) => {
    // A lone byte above 0x7f is no UTF-8; as a string it would be written as two.
    const latin = script.clear?.includes('\u00ff')
      ? {
          onConnect: (socket: Socket) =>
            void socket.write(
              Buffer.from(
                `<stream:stream xmlns:stream='http://etherx.jabber.org/streams'>${script.clear}`,
                'latin1',
              ),
            ),
        }
      : script;
    expect(await login(latin)).toBe(code);
    expect(server.secured).toBe('');
    expect(server.sockets).toHaveLength(1);
  });

  it('a server that speaks no TLS after all', async () => {
    await start({
      onConnect: (socket) => {
        socket.write(
          `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'><stream:features><starttls ${tls}/></stream:features>`,
        );
        socket.on('data', (bytes) => {
          if (bytes.includes('<starttls')) socket.write(`<proceed ${tls}/>`);
          else if (bytes[0] === 22) socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
        });
      },
    });
    expect(await codeOf(newXmppClient(server).connection.connect())).toBe('handshake_failed');
  });

  it('a server that says nothing', async () => {
    await start({ onConnect: (socket) => void socket.resume() });
    const clock = new TestClock();
    const { connection } = newXmppClient(server, { clock });
    const connecting = codeOf(connection.connect());
    await eventually(() => server.sockets.length > 0);
    clock.advance(20_000);
    expect(await connecting).toBe('connect_timeout');
    expect(clock.timers).toBe(0);
    await eventually(() => server.sockets[0]?.destroyed === true);
  });

  it('a connection that comes when nobody wants it any more', async () => {
    await start();
    const dialled = Promise.withResolvers<void>();
    const dial = () => dialled.promise.then(server.dial);
    const { connection, closed } = newXmppClient(server, { dial });
    const connecting = codeOf(connection.connect());
    await connection.close();
    expect(await connecting).toBe('closed');
    dialled.resolve();
    await eventually(() => server.sockets[0]?.closed === true);
    expect(server.cleared).toBe('');
    expect(closed.map(({ code }) => code)).toEqual(['closed']);
  });

  it.each([
    ['an error that has a code', new UpstreamError('host_refused'), 'host_refused'],
    ['another error', new Error('no route'), 'connect_failed'],
  ])('a way that gives %s', async (_name, error, code) => {
    await start();
    const { connection } = newXmppClient(server, { dial: () => Promise.reject(error) });
    expect(await codeOf(connection.connect())).toBe(code);
    expect(server.sockets).toEqual([]);
  });

  it('nobody there', async () => {
    await start();
    const { connection } = newXmppClient(server, { dial: () => dialTo(1) });
    expect(await codeOf(connection.connect())).toBe('connect_failed');
  });

  it.each([
    ['for another name', { hosts: ['other.example', '127.0.0.1'] }],
    ['that has expired', { hosts: ['xmpp.example'], lifetimeMs: -1_000 }],
  ])('a server with a certificate %s', async (_name, options) => {
    expect(await login({ certificate: issue('x', options) })).toBe('server_not_authentic');
    expect(server.secured).toBe('');
  });
});

describe('at login', () => {
  it.each<[string, Partial<Script>, string]>([
    ['wants the secret itself', { mechanisms: offered('PLAIN') }, 'mechanism_refused'],
    [
      'has only a weaker hash',
      { mechanisms: offered('SCRAM-SHA-1', 'PLAIN', 'ANONYMOUS') },
      'mechanism_refused',
    ],
    [
      'has only newer ways in',
      {
        mechanisms:
          '<authentication xmlns="urn:xmpp:sasl:2"><mechanism>SCRAM-SHA-256</mechanism></authentication>',
      },
      'mechanism_refused',
    ],
    [
      'lets in without a challenge',
      { challenge: () => `<success ${sasl}>dj0=</success>` },
      'server_not_authentic',
    ],
    ['lets in without a proof', { success: () => `<success ${sasl}/>` }, 'server_not_authentic'],
    [
      'lets in with a proof for another',
      {
        success: () =>
          `<success ${sasl}>${Buffer.from(`v=${Buffer.alloc(32).toString('base64')}`).toString('base64')}</success>`,
      },
      'server_not_authentic',
    ],
    ['asks for too much work', { challenge: (good) => good.replace('4096', '9999999') }, 'handshake_failed'],
    ['asks as for another login', { challenge: (good) => good.replace('r=', 'r=x') }, 'handshake_failed'],
    [
      'has no stream management',
      { session: '<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/>' },
      'feature_missing',
    ],
    ['binds an account elsewhere', { address: '7-1@evil.example/x' }, 'wire_broken'],
    ['binds no account', { address: 'xmpp.example/x' }, 'wire_broken'],
    ['binds a name without end', { address: `${'7'.repeat(1_024)}@xmpp.example/x` }, 'wire_broken'],
    ['takes stream management back', { enabled: `<failed ${sm}/>` }, 'feature_missing'],
    [
      'delivers before there is a session',
      { enabled: '<message from="a@b"><body>x</body></message>' },
      'wire_broken',
    ],
    ['resumes what was not asked for', { enabled: `<resumed ${sm} h="0" previd="x"/>` }, 'feature_missing'],
  ])('a server that %s', async (_name, script, code) => {
    expect(await login(script)).toBe(code);
    expect(server.secured).not.toContain('PLAIN');
  });

  it.each([
    ['not-authorized', 'login_refused', 'stop'],
    ['credentials-expired', 'token_expired', 'refresh_token'],
    ['account-disabled', 'account_restricted', 'stop'],
    ['temporary-auth-failure', 'server_unavailable', 'reconnect_later'],
    ['mechanism-too-weak', 'mechanism_refused', 'stop'],
    ['something-new', 'login_refused', 'stop'],
  ])('refused with %s gives %s', async (condition, code, advice) => {
    await start({ challenge: () => `<failure ${sasl}><${condition}/><text>no</text></failure>` });
    const { connection } = newXmppClient(server);
    await expect(connection.connect()).rejects.toMatchObject({ code, advice });
  });

  it.each([
    ['resource-constraint', 'server_unavailable', 'reconnect_later'],
    ['policy-violation', 'rate_limited', 'slow_down'],
    ['not-allowed', 'login_refused', 'stop'],
  ])('without an address, for %s, gives %s', async (notBound, code, advice) => {
    await start({ notBound });
    await expect(newXmppClient(server).connection.connect()).rejects.toMatchObject({ code, advice });
  });

  it('that never ends', async () => {
    await start({ enabled: ' ' });
    const clock = new TestClock();
    const { connection } = newXmppClient(server, { clock });
    const connecting = codeOf(connection.connect());
    await eventually(() => server.secured.includes('<enable '));
    clock.advance(20_000);
    expect(await connecting).toBe('login_timeout');
    expect(clock.timers).toBe(0);
  });

  it('with a secret that nobody can have is not tried', async () => {
    await start();
    const login = { localpart: '7-1', secret: 'a\u0000', resource: 'x' };
    expect(await codeOf(newXmppClient(server, { login }).connection.connect())).toBe('login_bad_payload');
  });

  it('closed meanwhile', async () => {
    await start({ enabled: ' ' });
    const { connection, closed } = newXmppClient(server);
    const connecting = codeOf(connection.connect());
    await eventually(() => server.secured.includes('<enable '));
    await connection.close();
    expect(await connecting).toBe('closed');
    expect(closed.map(({ code }) => code)).toEqual(['closed']);
  });
});

import type { AddressInfo } from 'node:net';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:tls';
import { fixed, Lifecycle, type Live } from '@causeway/lifecycle';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, createTestAuthority, eventually, type IssuedCertificate } from '@causeway/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  createHttpApp,
  InternalClient,
  issueServiceToken,
  ServiceTokenVerifier,
  type CallerCredentials,
  type CallerTls,
  type ListenerTls,
} from '../index.js';
import { InternalModule, serviceKeys } from '../service-identity/internal.fixture.js';

const ours = createTestAuthority('Ours');
const foreign = createTestAuthority('Foreign');
const { privateJwks, keys } = serviceKeys('session.1', 'keys.1');
const { logger } = captureLogs();

/** A value that a test replaces. */
class Replaceable<T> implements Live<T> {
  private readonly listeners: (() => void)[] = [];
  constructor(public current: T) {}
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }
  replace(value: T): void {
    this.current = value;
    for (const listener of this.listeners) listener();
  }
}

const pair = ({ certificate, key }: IssuedCertificate) => ({ certificate, privateKey: key });
const listenerOf = (issued: IssuedCertificate, clientCa = ours.ca): ListenerTls => ({
  ...pair(issued),
  clientCa,
});
const tls = new Replaceable(listenerOf(ours.issue('accounts')));
const lifecycle = new Lifecycle({ logger });
let port: number;
const clients: InternalClient[] = [];

beforeAll(async () => {
  const verifier = new ServiceTokenVerifier({ audience: 'accounts', keys: () => keys, mutualTls: true });
  const options = { name: 'accounts', logger, metrics: createMetrics('accounts'), lifecycle, tls };
  const app = await createHttpApp(InternalModule.with(verifier), options);
  await app.listen(0, '127.0.0.1');
  port = (app.getHttpServer().address() as AddressInfo).port;
  lifecycle.markReady();
});
afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));
afterAll(() => lifecycle.drain());

const own = (issued: IssuedCertificate): CallerTls => ({ ca: ours.ca, ...pair(issued) });
const credentials = (shown: CallerTls): CallerCredentials => ({
  privateJwk: privateJwks['session.1'] ?? {},
  tls: shown,
});
function clientWith(given: () => CallerCredentials): InternalClient {
  const baseUrl = `https://127.0.0.1:${port}`;
  const client = new InternalClient({
    baseUrl,
    audience: 'accounts',
    service: 'session',
    credentials: given,
  });
  clients.push(client);
  return client;
}
const who = { method: 'GET', path: '/internal/who', schema: z.object({ service: z.string() }) } as const;
const ask = (shown: CallerTls) => {
  const given = credentials(shown);
  return clientWith(() => given).request(who);
};
const session = ours.issue('session');

describe('an internal call with mutual TLS', () => {
  it('passes with a certificate of our authority', async () => {
    expect(await ask(own(session))).toEqual({ service: 'session' });
  });

  it.each<[string, string, () => CallerTls]>([
    ['no certificate', 'client_certificate_required', () => ({ ca: ours.ca })],
    ['one of another authority', 'client_certificate_refused', () => own(foreign.issue('session'))],
    [
      'one that has expired',
      'client_certificate_refused',
      () => own(ours.issue('session', { lifetimeMs: -60_000 })),
    ],
  ])('with %s is refused: %s', async (_what, code, shown) => {
    await expect(ask(shown())).rejects.toMatchObject({ code, status: 401 });
  });

  it('is refused with a token that was made for another certificate, or for none', async () => {
    const token = (certificateThumbprint?: string) =>
      issueServiceToken({
        privateJwk: privateJwks['session.1'] ?? {},
        service: 'session',
        audience: 'accounts',
        ...(certificateThumbprint !== undefined && { certificateThumbprint }),
      });
    for (const stolen of [await token(), await token('x'.repeat(43))]) {
      const status = await new Promise((resolve, reject) => {
        const headers = { authorization: `Bearer ${stolen}` };
        const { certificate: cert, key } = session;
        const options = {
          port,
          path: '/internal/who',
          headers,
          ca: ours.ca,
          cert,
          key,
          agent: false,
        };
        httpsRequest({ host: '127.0.0.1', ...options }, (answer) => resolve(answer.resume().statusCode))
          .on('error', reject)
          .end();
      });
      expect(status).toBe(401);
    }
  });

  it('lets devices and probes in without a certificate', async () => {
    const client = clientWith(() => credentials({ ca: ours.ca }));
    expect(await client.request({ ...who, path: '/live', schema: z.unknown() })).toBeDefined();
  });

  it('is not made to a server that our authority does not know', async () => {
    await expect(ask({ ...own(session), ca: foreign.ca })).rejects.toMatchObject({
      code: 'service_untrusted',
      status: 0,
    });
  });

  it('goes on while both sides change their certificates, and their authority', async () => {
    let given = credentials(own(session));
    const client = clientWith(() => given);
    let stopped = false;
    const failures: unknown[] = [];
    let calls = 0;
    const load = (async () => {
      while (!stopped) {
        await client.request(who).catch((error: unknown) => failures.push(error));
        calls += 1;
      }
    })();
    const both = ours.ca + foreign.ca;
    // Trust first, then the certificates, then the old trust goes.
    tls.replace({ ...tls.current, clientCa: both });
    given = credentials({ ...own(session), ca: both });
    await eventually(() => expect(calls).toBeGreaterThan(5));
    tls.replace(listenerOf(foreign.issue('accounts'), both));
    given = credentials({ ca: both, ...pair(foreign.issue('session')) });
    const before = calls;
    await eventually(() => expect(calls).toBeGreaterThan(before + 5));
    stopped = true;
    await load;
    expect(failures).toEqual([]);
    const issuer = await new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', ca: foreign.ca }, () => {
        resolve(socket.getPeerCertificate().issuer.CN);
        socket.destroy();
      });
    });
    expect(issuer).toBe('Foreign');
    tls.replace(listenerOf(ours.issue('accounts')));
    await expect(ask(own(foreign.issue('session')))).rejects.toMatchObject({
      code: 'client_certificate_refused',
    });
    expect(await ask(own(session))).toEqual({ service: 'session' });
  });
});

describe('TLS of a listener alone', () => {
  it('does not ask for a certificate', async () => {
    const alone = new Lifecycle({ logger });
    const verifier = new ServiceTokenVerifier({ audience: 'accounts', keys: () => keys });
    const app = await createHttpApp(InternalModule.with(verifier), {
      name: 'accounts',
      logger,
      metrics: createMetrics('accounts'),
      lifecycle: alone,
      tls: fixed(pair(ours.issue('accounts'))),
    });
    await app.listen(0, '127.0.0.1');
    const baseUrl = `https://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
    const client = new InternalClient({
      baseUrl,
      audience: 'accounts',
      service: 'session',
      credentials: () => credentials({ ca: ours.ca }),
    });
    expect(await client.request(who)).toEqual({ service: 'session' });
    await client.close();
    await alone.drain();
  });
});

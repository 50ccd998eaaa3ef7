import { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { fixed, Lifecycle } from '@causeway/lifecycle';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, createTestAuthority, type IssuedCertificate } from '@causeway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpApp, httpError } from '../index.js';
import { thumbprintOf } from '../tls/client-certificate.js';
import { ProviderModule } from './backend.fixture.js';

const ours = createTestAuthority('Ours');
const foreign = createTestAuthority('Foreign');
const pinned = ours.issue('backend');
const expired = ours.issue('backend', { lifetimeMs: -60_000 });
const thumbprint = ({ certificate }: IssuedCertificate) => thumbprintOf(new X509Certificate(certificate).raw);
const { logger } = captureLogs();
const lifecycle = new Lifecycle({ logger });
let port: number;

/** Tokens by what they may do. */
const tokens = {
  async verifyBackend(token: string) {
    if (token === 'none') throw httpError('forbidden');
    return { client: 'c', rights: new Set([`causeway:users:${token}`]) };
  },
};

beforeAll(async () => {
  const module = ProviderModule.with(tokens, [thumbprint(pinned), thumbprint(expired)]);
  const { certificate, key: privateKey } = ours.issue('accounts');
  const tls = fixed({ certificate, privateKey, clientCa: ours.ca });
  const options = { name: 'accounts', logger, metrics: createMetrics('accounts'), lifecycle, tls };
  const app = await createHttpApp(module, options);
  await app.listen(0, '127.0.0.1');
  port = (app.getHttpServer().address() as AddressInfo).port;
  lifecycle.markReady();
});
afterAll(() => lifecycle.drain());

async function ask(
  path: string,
  shown?: IssuedCertificate,
  token?: string,
): Promise<Record<string, unknown>> {
  const own = shown && { cert: shown.certificate, key: shown.key };
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const options = { host: '127.0.0.1', port, path: `/provider/${path}`, ca: ours.ca, agent: false, headers };
  return new Promise((resolve, reject) => {
    request({ ...options, ...own }, (answer) => {
      json(answer).then((body) => resolve({ ...(body as object), status: answer.statusCode }), reject);
    })
      .on('error', reject)
      .end();
  });
}

describe('an edge for the provider’s backend', () => {
  it('lets in who has the right, by token or by a pinned certificate', async () => {
    expect(await ask('read', undefined, 'read')).toMatchObject({ rights: ['causeway:users:read'] });
    expect(await ask('read', pinned)).toMatchObject({
      rights: 'all',
      client: expect.stringMatching(/^[\w-]{16}$/),
    });
  });

  it.each<[string, number, string, IssuedCertificate | undefined, string | undefined]>([
    ['no token and no certificate', 401, 'unauthenticated', undefined, undefined],
    ['a certificate of ours that is not pinned', 401, 'unauthenticated', ours.issue('backend'), undefined],
    ['a certificate of another authority', 401, 'unauthenticated', foreign.issue('backend'), undefined],
    ['a pinned certificate that has expired', 401, 'unauthenticated', expired, undefined],
    ['a token without the right', 403, 'forbidden', undefined, 'write'],
    ['a token without any right', 403, 'forbidden', undefined, 'none'],
    ['a token without the right behind a pinned certificate', 403, 'forbidden', pinned, 'write'],
  ])('refuses %s', async (_what, status, code, shown, token) => {
    expect(await ask('read', shown, token)).toMatchObject({ status, code });
  });

  it('lets nobody in where no right is named, and no handler run without the guard', async () => {
    expect(await ask('unmarked', pinned)).toMatchObject({ status: 403 });
    expect(await ask('unguarded', pinned)).toMatchObject({ status: 401 });
  });
});

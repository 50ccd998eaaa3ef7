import { generateKeyPairSync } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { DISCOVERY_PATH, JWKS_PATH } from '@causeway/contracts/webhooks';
import { TestDeployment } from '@causeway/runtime/testing';
import { createTestAuthority, eventually, freePort } from '@causeway/testing';
import { createRemoteJWKSet, jwtVerify, SignJWT } from 'jose';
import { allowInsecureRequests, discovery } from 'openid-client';
import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gatekeeper } from '../fixtures/gatekeeper.js';
import { ServiceProcess } from '../fixtures/service-process.fixture.js';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const authority = createTestAuthority();
const publicKey = (kid: string) => ({
  ...pair.publicKey.export({ format: 'jwk' }),
  kid,
  alg: 'RS256',
  use: 'sig',
});

let deployment: TestDeployment;
let gatekeeper: Gatekeeper;
let file: string;

beforeAll(async () => {
  deployment = await TestDeployment.start();
  gatekeeper = await Gatekeeper.start();
  file = join(gatekeeper.folder, 'jwks.json');
  await replaceKeys('user-1');
});
afterAll(async () => {
  await gatekeeper.stop();
  await deployment.stop();
});

async function replaceKeys(...kids: string[]): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify({ keys: kids.map(publicKey) }));
  await rename(`${file}.new`, file);
}

/** Nothing that the service needs is there, and nothing ever was. */
async function startWithoutEngines(more: Record<string, string>): Promise<ServiceProcess> {
  const databaseUrl = 'postgres://nobody:nothing@127.0.0.1:1/nowhere';
  const env = deployment.env(
    'webhooks',
    { databaseUrl },
    {
      ...(await gatekeeper.writeProfile()),
      CAUSEWAY_EVENTS_URL: 'kafka://127.0.0.1:1',
      CAUSEWAY_COORDINATION_URL: 'redis://127.0.0.1:1',
      CAUSEWAY_OIDC_JWKS_URL: 'http://127.0.0.1:1/jwks',
      CAUSEWAY_IDENTIFIER_HMAC_KEY: Buffer.alloc(32, 1).toString('base64'),
      CAUSEWAY_JWKS_FILE: file,
      CAUSEWAY_PUBLIC_URL: Gatekeeper.audience,
      ...more,
    },
  );
  return ServiceProcess.start(env);
}

/** @returns status and body of a GET by HTTP/2 */
function getByHttp2(url: string, path: string): Promise<{ status: number | undefined; body: string }> {
  const client = connect(url, { ca: authority.ca });
  return new Promise((resolve, reject) => {
    const stream = client.on('error', reject).request({ ':path': path });
    let status: number | undefined;
    let body = '';
    stream.on('response', (headers) => (status = headers[':status']));
    stream.setEncoding('utf8').on('data', (text: string) => (body += text));
    stream.on('error', reject).on('end', () => {
      client.close();
      resolve({ status, body });
    });
  });
}

const tls = () => {
  const { certificate, key } = authority.issue('webhooks');
  return { CAUSEWAY_TLS_CERTIFICATE: certificate, CAUSEWAY_TLS_PRIVATE_KEY: key };
};

describe('a process that was started while PostgreSQL, Kafka and Redis are all down', () => {
  let running: ServiceProcess;
  let url: string;
  let issuer: string;

  beforeAll(async () => {
    const port = await freePort();
    issuer = `http://127.0.0.1:${port}`;
    running = await startWithoutEngines({
      CAUSEWAY_HTTP_PORT: String(port),
      CAUSEWAY_HTTP2_PORT: '0',
      CAUSEWAY_PUBLIC_URL: issuer,
    });
    url = `http://127.0.0.1:${await running.port('listening')}`;
  });
  afterAll(() => running.stop());

  it('serves keys and discovery over TLS by HTTP/1.1 and HTTP/2, and stays in rotation', async () => {
    const secured = await startWithoutEngines(tls());
    const address = `https://127.0.0.1:${await secured.port('listening')}`;
    const dispatcher = new Agent({ connect: { ca: authority.ca }, allowH2: false });
    for (const path of [JWKS_PATH, DISCOVERY_PATH, '/ready', '/live']) {
      const answer = await fetch(`${address}${path}`, { dispatcher });
      expect(answer.status).toBe(200);
      expect(await getByHttp2(address, path)).toEqual({ status: 200, body: await answer.text() });
    }
    await dispatcher.close();
    expect((await secured.stop()).code).toBe(0);
  });

  it('serves them in clear text by HTTP/1.1 on one port and by HTTP/2 on the other', async () => {
    const second = `http://127.0.0.1:${await running.port('listening for HTTP/2 in clear text')}`;
    for (const path of [JWKS_PATH, DISCOVERY_PATH]) {
      const answer = await fetch(`${url}${path}`);
      expect(await getByHttp2(second, path)).toEqual({ status: 200, body: await answer.text() });
    }
  });

  it('lets caches keep them, and answers who has them already with 304', async () => {
    for (const path of [JWKS_PATH, DISCOVERY_PATH]) {
      const answer = await fetch(`${url}${path}`);
      expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
      const tag = String(answer.headers.get('etag'));
      for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
        const again = await fetch(`${url}${path}`, { headers: { 'if-none-match': known } });
        expect([again.status, await again.text()]).toEqual([304, '']);
      }
      const other = await fetch(`${url}${path}`, { headers: { 'if-none-match': '"other"' } });
      expect(other.status).toBe(200);
      const head = await fetch(`${url}${path}`, { method: 'HEAD' });
      expect([head.status, head.headers.get('etag')]).toEqual([200, tag]);
    }
  });

  it('answers a push with 503, which can be repeated', async () => {
    const answer = await fetch(`${url}/simulator/push`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${gatekeeper.token(Date.now())}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ to: 'alice@example.org' }),
    });
    expect([answer.status, await answer.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'push_unavailable' }),
    ]);
  });

  it('gives a client of OpenID Connect what it needs to verify our tokens', async () => {
    const found = await discovery(new URL(issuer), 'gatekeeper', undefined, undefined, {
      execute: [allowInsecureRequests],
    });
    const { jwks_uri: address, id_token_signing_alg_values_supported: algorithms } = found.serverMetadata();
    expect(algorithms).toEqual(['RS256']);
    const token = await new SignJWT({ sub: 'alice@example.org' })
      .setProtectedHeader({ alg: 'RS256', kid: 'user-1' })
      .setIssuer(issuer)
      .setExpirationTime('5m')
      .sign(pair.privateKey);
    const keys = createRemoteJWKSet(new URL(String(address)));
    const { payload } = await jwtVerify(token, keys, { issuer, algorithms: algorithms ?? [] });
    expect(payload.sub).toBe('alice@example.org');
  });

  it('serves a replaced file within seconds, and a broken one never', async () => {
    const kids = async () => {
      const { keys } = (await (await fetch(`${url}${JWKS_PATH}`)).json()) as { keys: { kid: string }[] };
      return keys.map(({ kid }) => kid);
    };
    expect(await kids()).toEqual(['user-1']);
    await replaceKeys('user-1', 'user-2');
    await eventually(async () => expect(await kids()).toEqual(['user-1', 'user-2']));
    await writeFile(file, '{"keys":[');
    await eventually(async () => {
      expect(await kids()).toEqual(['user-1', 'user-2']);
      const metrics = await (await fetch(`${url}/metrics`)).text();
      expect(metrics).toMatch(/^causeway_webhooks_jwks_refused\b.* 1$/m);
    });
  });
});

it('does not start with a port in clear text beside a certificate, and says what to do', async () => {
  const refused = await startWithoutEngines({ ...tls(), CAUSEWAY_HTTP2_PORT: '0' });
  const { code, log } = await refused.ended();
  expect(code).toBe(1);
  expect(log).toContain('CAUSEWAY_HTTP2_PORT');
});

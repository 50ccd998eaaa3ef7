import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createTestAuthority, eventually, FakeClock } from '@causeway/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { createEgress, type Egress, type EgressOptions } from '../index.js';

type Resolve = NonNullable<EgressOptions['resolve']>;

const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  return (server.address() as AddressInfo).port;
}

function open(options: EgressOptions): Egress {
  const egress = createEgress(options);
  closers.unshift(() => egress.close());
  return egress;
}

const loopback: Resolve = (_name, done) => done(null, [{ address: '127.0.0.1', family: 4 }]);

describe('egress in development', () => {
  it('fetches with headers and body, asking for no compression', async () => {
    const port = await serve((request, response) => {
      response.setHeader('x-encoding', request.headers['accept-encoding'] ?? '');
      request.pipe(response);
    });
    const egress = open({ allowedHosts: [`127.0.0.1:${port}`], allowPrivateAddresses: true });
    const request = { method: 'POST', body: 'hello', headers: { 'Accept-Encoding': 'gzip' } } as const;
    const answer = await egress.request(`http://127.0.0.1:${port}/x?y=1`, request);
    expect(answer).toMatchObject({
      status: 200,
      body: Buffer.from('hello'),
      headers: { 'x-encoding': 'identity' },
    });
  });

  it.each([
    ['ftp://127.0.0.1/x', 'egress_url_refused'],
    ['file:///etc/passwd', 'egress_url_refused'],
    ['nonsense', 'egress_url_refused'],
    ['http://user:password@127.0.0.1:PORT/', 'egress_url_refused'],
    ['http://user@127.0.0.1:PORT/', 'egress_url_refused'],
    ['http://allowed.example@127.0.0.1:PORT/', 'egress_url_refused'],
    ['http://127.0.0.1:PORT@evil.example/', 'egress_url_refused'],
    ['http://127.0.0.1:1/', 'egress_host_refused'],
    ['http://127.0.0.1/', 'egress_host_refused'],
    ['http://127.0.0.1.evil.example:PORT/', 'egress_host_refused'],
    ['http://[::ffff:127.0.0.1]:PORT/', 'egress_host_refused'],
    ['http://localhost:PORT/', 'egress_host_refused'],
    ['http://127.0.0.1:PORT/redirect', 'egress_redirect_refused'],
    ['http://127.0.0.1:PORT/gzip', 'egress_encoding_refused'],
    ['http://127.0.0.1:PORT/large', 'egress_too_large'],
    ['http://127.0.0.1:PORT/endless', 'egress_too_large'],
    ['http://127.0.0.1:PORT/short', 'egress_unreachable'],
    ['http://127.0.0.1:PORT/reset', 'egress_unreachable'],
  ])('%s: %s', async (url, code) => {
    let reached = 0;
    const port = await serve((request, response) => {
      if (request.url === '/redirect') response.writeHead(302, { location: '/reached' }).end();
      else if (request.url === '/gzip')
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'));
      else if (request.url === '/large') response.end(Buffer.alloc(2_000));
      else if (request.url === '/short')
        response.writeHead(200, { 'content-length': '99' }).write('x', () => response.destroy());
      else if (request.url === '/reset') request.socket.resetAndDestroy();
      else if (request.url === '/endless') {
        const pump = (): void => {
          while (response.writable && response.write(Buffer.alloc(500)));
        };
        response.on('drain', pump).on('error', () => undefined);
        pump();
      } else reached++;
    });
    const egress = open({ allowedHosts: [`127.0.0.1:${port}`], allowPrivateAddresses: true });
    const answer = egress.request(url.replace('PORT', String(port)), { maxBytes: 1_000, deadlineMs: 5_000 });
    await expect(answer).rejects.toMatchObject({ name: 'EgressError', code });
    expect(reached).toBe(0);
  });

  it('gives up at the deadline, before and within the body', async () => {
    for (const path of ['silent', 'stalls']) {
      const clock = new FakeClock();
      let arrived: () => void = () => undefined;
      const arrival = new Promise<void>((resolve) => (arrived = resolve));
      const port = await serve((_request, response) => {
        if (path === 'stalls') response.write('x');
        arrived();
      });
      const egress = open({ allowedHosts: [`127.0.0.1:${port}`], allowPrivateAddresses: true, clock });
      const answer = egress.request(`http://127.0.0.1:${port}/${path}`, { deadlineMs: 1_000 });
      const outcome = expect(answer).rejects.toMatchObject({ code: 'egress_timeout' });
      await arrival;
      await clock.advance(1_000);
      await outcome;
    }
  });
});

describe('egress over TLS', () => {
  it('believes the authorities that are given, in new connections those of the moment', async () => {
    const [ours, foreign] = [createTestAuthority(), createTestAuthority('Foreign')];
    const { certificate: cert, key } = ours.issue('id', { hosts: ['id.example.org'] });
    const server = createSecureServer({ cert, key }, (_request, response) => response.end('keys'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => server.close());
    const url = `https://id.example.org:${(server.address() as AddressInfo).port}/jwks`;
    const common = { allowedHosts: [new URL(url).host], allowPrivateAddresses: true, resolve: loopback };
    let ca = foreign.ca;
    const [egress, withoutAny] = [open({ ...common, ca: () => ca }), open(common)];
    for (const refusing of [egress, withoutAny]) {
      await expect(refusing.request(url)).rejects.toMatchObject({ code: 'egress_unreachable' });
    }
    ca = ours.ca;
    expect(await egress.request(url)).toMatchObject({ status: 200 });
    ca = foreign.ca;
    server.closeAllConnections();
    await eventually(() => expect(egress.request(url)).rejects.toMatchObject({ code: 'egress_unreachable' }));
  });
});

describe('egress in production', () => {
  it.each([
    '127.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '169.254.169.254',
    '10.0.0.1',
    '[::ffff:7f00:1]',
    '[64:ff9b::7f00:1]',
    '[fd00:ec2::254]',
    '0x7f000001',
    '0x7f.0.0.1',
    '2130706433',
    '017700000001',
    '0177.0.0.1',
    '127.1',
    '0',
  ])('does not connect to %s although it is in the list', async (host) => {
    const egress = open({ allowedHosts: [new URL(`https://${host}`).hostname] });
    await expect(egress.request(`https://${host}/`)).rejects.toMatchObject({
      code: 'egress_address_refused',
    });
  });

  it('does not use clear text', async () => {
    const egress = open({ allowedHosts: ['example.org'] });
    await expect(egress.request('http://example.org/')).rejects.toMatchObject({ code: 'egress_url_refused' });
  });

  it('looks at the address of each connection, not at the name', async () => {
    let answers = 0;
    // A name that is public when first asked and private afterwards.
    const rebinding: Resolve = (_name, done) =>
      done(null, [{ address: answers++ === 0 ? '192.0.2.1' : '127.0.0.1', family: 4 }]);
    for (const resolve of [loopback, rebinding]) {
      const egress = open({ allowedHosts: ['id.example.org'], resolve });
      for (let attempt = 0; attempt < 2; attempt++) {
        await expect(egress.request('https://id.example.org/')).rejects.toMatchObject({
          code: 'egress_address_refused',
        });
      }
    }
    expect(answers).toBe(2);
  });

  it('refuses a name with one private address among public ones', async () => {
    const mixed: Resolve = (_name, done) =>
      done(null, [
        { address: '1.1.1.1', family: 4 },
        { address: '::1', family: 6 },
      ]);
    const egress = open({ allowedHosts: ['id.example.org'], resolve: mixed });
    await expect(egress.request('https://id.example.org/')).rejects.toMatchObject({
      code: 'egress_address_refused',
    });
  });
});

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { limits } from '@causeway/limits';
import { FakeClock } from '@causeway/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { EnlistmentClient } from './enlistment.client.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(listener: RequestListener): Promise<number> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  return (server.address() as AddressInfo).port;
}

function clientOf(url: string, egress: object = {}, clock = new FakeClock()): EnlistmentClient {
  const hosts = [new URL(url).host];
  const profile = {
    integrator: 7,
    enlistment: { url },
    egress: { hosts, allowPrivateAddresses: true, ...egress },
  };
  const client = new EnlistmentClient(profile, { clock });
  closers.unshift(() => client.close());
  return client;
}

describe('EnlistmentClient', () => {
  it('posts the form as it is and reads the answer', async () => {
    let posted = '';
    let type: string | undefined;
    const port = await serve((request, response) => {
      type = request.headers['content-type'];
      request.on('data', (chunk: Buffer) => (posted += chunk.toString()));
      request.on('end', () => response.end('{"login":"7-12@interop","status":"ok"}'));
    });
    const outcome = await clientOf(`http://127.0.0.1:${port}/3p/interop_reg`).enlist(
      'authkey=AA&token=a.b.c',
    );
    expect(outcome).toEqual({ kind: 'accepted', accountNumber: 12n });
    expect(posted).toBe('authkey=AA&token=a.b.c');
    expect(type).toBe('application/x-www-form-urlencoded');
  });

  it.each<[string, RequestListener, string]>([
    ['closes the connection', (request) => void request.socket.destroy(), 'egress_unreachable'],
    ['fails', (_request, response) => void response.writeHead(500).end('{}'), 'answer_invalid'],
    ['writes no JSON', (_request, response) => void response.end('<html>'), 'answer_invalid'],
    ['writes other JSON', (_request, response) => void response.end('{"status":"maybe"}'), 'answer_invalid'],
    ['writes too much', (_request, response) => void response.end('x'.repeat(5_000)), 'egress_too_large'],
    [
      'sends us elsewhere',
      (_request, response) => void response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
      'egress_redirect_refused',
    ],
  ])('may be asked again when the gatekeeper %s', async (_name, listener, code) => {
    const port = await serve(listener);
    expect(await clientOf(`http://127.0.0.1:${port}/`).enlist('')).toEqual({ kind: 'unanswered', code });
  });

  it.each(['nothing', 'half an answer'])(
    'does not wait for long when the gatekeeper sends %s',
    async (what) => {
      const clock = new FakeClock();
      const arrived = Promise.withResolvers<void>();
      const port = await serve((_request, response) => {
        if (what !== 'nothing') response.write('{"login":');
        arrived.resolve();
      });
      const outcome = clientOf(`http://127.0.0.1:${port}/`, {}, clock).enlist('');
      await arrived.promise;
      await clock.advance(limits.enlistmentDeadlineMs.value);
      expect(await outcome).toEqual({ kind: 'unanswered', code: 'egress_timeout' });
    },
  );

  it('goes to the hosts of the profile only, and to private addresses only where it says so', async () => {
    let reached = 0;
    const port = await serve((_request, response) => {
      reached += 1;
      response.end();
    });
    const url = `http://127.0.0.1:${port}/`;
    const other = clientOf(url, { hosts: ['gatekeeper.example'] });
    expect(await other.enlist('')).toEqual({ kind: 'refused', code: 'egress_host_refused' });
    const strict = clientOf(url.replace('http', 'https'), { allowPrivateAddresses: false });
    expect(await strict.enlist('')).toEqual({ kind: 'unanswered', code: 'egress_address_refused' });
    const clear = clientOf(url, { allowPrivateAddresses: false });
    expect(await clear.enlist('')).toEqual({ kind: 'refused', code: 'egress_url_refused' });
    expect(reached).toBe(0);
  });
});

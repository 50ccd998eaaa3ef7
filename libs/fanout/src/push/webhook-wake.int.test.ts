import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import { DeviceId, GatekeeperId } from '@causeway/contracts/ids';
import { createEgress, type Egress } from '@causeway/http';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WakeFailed } from './wake.port.js';
import { WebhookWake } from './webhook-wake.js';

const secret = randomBytes(32).toString('base64');
const wake = {
  deviceId: DeviceId.parse('22222222-2222-4222-8222-222222222222'),
  gatekeeper: GatekeeperId.parse('simulator'),
  urgent: true,
};

const egresses: Egress[] = [];
let server: Server;
let status = 204;
let received: { headers: IncomingHttpHeaders; body: string }[] = [];

beforeEach(async () => {
  received = [];
  status = 204;
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await Promise.all(egresses.splice(0).map((egress) => egress.close()));
  await new Promise((resolve) => server.close(resolve));
});

function wakePort(host = `127.0.0.1:${(server.address() as AddressInfo).port}`): WebhookWake {
  const egress = createEgress({ allowedHosts: [host], allowPrivateAddresses: true });
  egresses.push(egress);
  return new WebhookWake(`http://${host}/wake`, egress, { current: new Webhook(secret) }, Date.now);
}

describe('WebhookWake', () => {
  it('is signed so that the public library verifies it, and names the device alone', async () => {
    await wakePort().wake(wake);
    const [call] = received;
    const body = new Webhook(secret).verify(call?.body ?? '', call?.headers as Record<string, string>);
    expect(body).toMatchObject({ type: 'wake', data: wake });
    expect(Object.keys((body as { data: object }).data)).toEqual(['deviceId', 'gatekeeper', 'urgent']);
  });

  it.each([500, 302, 404])('fails on the answer %i', async (answer) => {
    status = answer;
    await expect(wakePort().wake(wake)).rejects.toThrow(WakeFailed);
  });

  it('fails when nobody listens', async () => {
    await expect(wakePort('127.0.0.1:9').wake(wake)).rejects.toThrow(WakeFailed);
  });
});

import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';

const MAX_BODY = 4096;
const WakeCall = z.object({
  type: z.literal('wake'),
  data: z.object({ deviceId: z.uuid(), gatekeeper: z.string() }),
});

/** The development provider's own backend, as far as Causeway calls it: it receives wakes. */
export interface WakeReceiver {
  /** Resolves with the next wake for a device. */
  next(deviceId: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the receiver; calls that the shared secret did not sign are answered with 401. */
export async function startWakeReceiver(port: number, secret: string): Promise<WakeReceiver> {
  const verifier = new Webhook(secret);
  const waiting = new Map<string, () => void>();
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString('utf8');
      if (body.length > MAX_BODY) request.destroy();
    });
    request.on('end', () => {
      const wake = read(verifier, body, request.headers);
      response.writeHead(wake === undefined ? 401 : 204).end();
      if (wake === undefined) return;
      waiting.get(wake.data.deviceId)?.();
      waiting.delete(wake.data.deviceId);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    next: (deviceId) => new Promise((resolve) => waiting.set(deviceId, resolve)),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function read(verifier: Webhook, body: string, headers: object) {
  try {
    return WakeCall.parse(verifier.verify(body, headers as Record<string, string>));
  } catch {
    return undefined;
  }
}

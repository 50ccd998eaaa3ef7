import { connect, type AddressInfo, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import { startSimulator } from '@causeway/gatekeeper-sim';
import { createTestAuthority } from '@causeway/testing/engines';
import { BenchPartner, enlistAll, type Account } from './login-accounts.js';

/** How clients reach a gatekeeper. */
export interface Gatekeeper {
  readonly url: string;
  readonly rootPublicKey: string;
  /** PEM of the authority of its TLS certificate. */
  readonly ca: string;
  readonly accounts: readonly Account[];
}

const hourMs = 3_600_000;

/** A simulated gatekeeper behind TLS in a process of its own. `cut` resets every connection. Ends with its parent. */
process.on('disconnect', () => process.exit());
const count = Number(process.argv[2]);
const partner = await BenchPartner.start();
const simulator = await startSimulator({
  integrator: 7,
  partner: partner.settings,
  limits: { connections: 2 * count + 100, accounts: count + 100, idleMs: hourMs },
});
const authority = createTestAuthority();
const { certificate, key } = authority.issue('localhost');
const chat = new URL(simulator.endpoints.chat);
const open = new Set<Socket>();
const front = createServer({ cert: certificate, key }, (near) => {
  const far = connect(Number(chat.port), chat.hostname);
  for (const socket of [near, far]) {
    open.add(socket);
    socket.setNoDelay(true).on('error', () => undefined);
    socket.on('close', () => {
      open.delete(socket);
      near.destroy();
      far.destroy();
    });
  }
  near.pipe(far).pipe(near);
});
await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
process.on('message', () => {
  for (const socket of open) socket.destroy();
});
const gatekeeper: Gatekeeper = {
  url: `wss://127.0.0.1:${(front.address() as AddressInfo).port}${chat.pathname}`,
  rootPublicKey: simulator.rootPublicKey,
  ca: authority.ca,
  accounts: await enlistAll(simulator, partner, count),
};
process.send?.(gatekeeper);

import { connect, type AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { startSimulator, type KnownAccount, type Partner } from '@causeway/gatekeeper-sim';
import type { Account } from './login-accounts.js';

/** What a gatekeeper is told when it starts: with the same, it comes back as it was. */
export interface GatekeeperSettings {
  readonly partner: Partner;
  /** Hex. */
  readonly rootKey: string;
  readonly tls: { readonly certificate: string; readonly key: string };
  /** Of the TLS front; 0 takes any free one. */
  readonly port: number;
  readonly accounts: readonly Pick<Account, 'identifier' | 'publicKey'>[];
}

/** How clients reach a gatekeeper. */
export interface GatekeeperAddress {
  readonly url: string;
  readonly port: number;
  readonly rootPublicKey: string;
}

const hourMs = 3_600_000;

/** A simulated gatekeeper behind TLS in a process of its own, which is told its settings once. Ends with its parent. */
process.on('disconnect', () => process.exit());
process.once('message', (settings: GatekeeperSettings) => {
  void start(settings).then((address) => process.send?.(address));
});

async function start(settings: GatekeeperSettings): Promise<GatekeeperAddress> {
  const count = settings.accounts.length;
  const simulator = await startSimulator({
    integrator: 7,
    partner: settings.partner,
    rootKey: Buffer.from(settings.rootKey, 'hex'),
    accounts: settings.accounts.map(known),
    limits: { connections: 2 * count + 100, accounts: count, idleMs: hourMs },
  });
  const chat = new URL(simulator.endpoints.chat);
  const { certificate: cert, key } = settings.tls;
  const front = createServer({ cert, key }, (near) => {
    const far = connect(Number(chat.port), chat.hostname);
    for (const socket of [near, far]) {
      socket.setNoDelay(true).on('error', () => undefined);
      socket.on('close', () => {
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => front.listen(settings.port, '127.0.0.1', resolve));
  const { port } = front.address() as AddressInfo;
  const url = `wss://127.0.0.1:${port}${chat.pathname}`;
  return { url, port, rootPublicKey: simulator.rootPublicKey };
}

/** Nobody encrypts to these accounts: their Signal keys are only there. */
function known({ identifier, publicKey }: GatekeeperSettings['accounts'][number]): KnownAccount {
  const authKey = Buffer.from(publicKey, 'hex');
  const nothing = new Uint8Array(32);
  const signedPreKey = { id: 1, key: nothing, signature: new Uint8Array(64) };
  return { identifier, keys: { authKey, registrationId: 1, identityKey: nothing, signedPreKey } };
}

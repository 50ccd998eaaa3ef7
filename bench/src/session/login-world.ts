import { startProsody } from '@causeway/testing/engines';
import type { Target } from './login-client.js';
import { GatekeeperProcess } from './login-process.js';

/** Both servers, and how clients of either kind reach theirs. */
export interface SessionWorld {
  /** How many are opened side by side. */
  readonly sessions: number;
  readonly ours: { readonly target: Target; readonly ca: string };
  bare(mechanism: 'PLAIN' | 'SCRAM-SHA-1'): { readonly target: Target; readonly ca: string };
  /** Resets the connections of all our clients. */
  cut(): void;
  stop(): Promise<void>;
}

const password = 'bench';
const users = 50;

/** Starts the simulator behind TLS and Prosody in a container. */
export async function startSessionWorld(sessions: number): Promise<SessionWorld> {
  const prosody = await startProsody({
    users: Object.fromEntries(Array.from({ length: users }, (_, index) => [`user${index}`, password])),
  });
  const process = await GatekeeperProcess.start(sessions + 100).catch(async (error: unknown) => {
    await prosody.stop();
    throw error;
  });
  const { url, rootPublicKey, accounts, ca } = process.gatekeeper;
  const { port, domain } = prosody;
  return {
    sessions,
    ours: { target: { kind: 'ours', target: { url, rootPublicKey, accounts } }, ca },
    bare: (mechanism) => ({
      target: { kind: 'bare', target: { port, domain, password, users, mechanism } },
      ca: prosody.ca,
    }),
    cut: () => process.cut(),
    stop: async () => void (await Promise.all([process.stop(), prosody.stop()])),
  };
}

import { startProsody } from '@causeway/testing/engines';
import type { Target } from './login-client.js';
import { GatekeeperProcess } from './login-process.js';

/** Both servers, and how clients of either kind reach theirs. */
export interface SessionWorld {
  /** How many are opened side by side. */
  readonly sessions: number;
  /** @param loginsPerSecond that the bucket of the gatekeeper's profile lets through */
  ours(loginsPerSecond: number): { readonly target: Target; readonly ca: string };
  bare(mechanism: 'PLAIN' | 'SCRAM-SHA-1'): { readonly target: Target; readonly ca: string };
  /** Kills our gatekeeper and starts it again: every connection is lost. Resolves when it listens. */
  restart(): Promise<void>;
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
  const { port, domain } = prosody;
  return {
    sessions,
    ours: (perSecond) => ({
      target: {
        kind: 'ours',
        target: { ...process.target, logins: { capacity: perSecond, refillPerSecond: perSecond } },
      },
      ca: process.ca,
    }),
    bare: (mechanism) => ({
      target: { kind: 'bare', target: { port, domain, password, users, mechanism } },
      ca: prosody.ca,
    }),
    restart: () => process.restart(),
    stop: async () => void (await Promise.all([process.stop(), prosody.stop()])),
  };
}

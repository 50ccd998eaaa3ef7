import { randomUUID, createSecretKey, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { DeviceId, GatekeeperId, sessionKeyOf, UserId, type SessionKey } from '@causeway/contracts/ids';
import { systemClock, TimerWheel } from '@causeway/lifecycle';
import { staticKeyFrom } from '@causeway/noise';
import { loadProfile, resolveProfile, type GatekeeperProfile } from '@causeway/profiles';
import { createRelayKey } from '@causeway/relay';
import { createSessionMetrics, Rests, sessionDependencies, SessionRegistry } from '@causeway/session';
import { createLogger, createMetrics } from '@causeway/telemetry';
import type { Account } from './login-accounts.js';
import type { LogIn, NoiseTarget, Watch } from './login-fleet.js';

/** Where whole sessions log in, and how fast. */
export interface SessionTarget extends NoiseTarget {
  /** The bucket of the gatekeeper's profile. */
  readonly logins: { readonly capacity: number; readonly refillPerSecond: number };
}

const gatekeeper = GatekeeperId.parse('simulator');
const template = fileURLToPath(new URL('../../../deploy/profiles/simulator.yaml', import.meta.url));
const integrator = 7;

/**
 * Sessions of a pod, wired as the session service wires them: admission, login policy, guarded links, relay keys, prekey
 * counts. What lies outside the pod is not there: the log takes every event at once, and tokens and Noise keys are at hand.
 */
export async function sessionLogins(target: SessionTarget): Promise<LogIn> {
  const [accounts, watches] = [new Map<string, Account>(), new Map<string, (isOpen: boolean) => void>()];
  const accountOf = (sessionKey: SessionKey): Account => {
    const account = accounts.get(sessionKey);
    if (account === undefined) throw new Error('no such account');
    return account;
  };
  const key = {
    open: async ({ sessionKey }: { readonly sessionKey: SessionKey }) =>
      staticKeyFrom(Buffer.from(accountOf(sessionKey).privateKey, 'hex')),
  };
  const clock = new TimerWheel(systemClock);
  const registry = new SessionRegistry(
    sessionDependencies({
      profiles: new Map([[gatekeeper, await profileOf(target)]]),
      noiseKeys: { sealed: key, device: key },
      outbound: { ca: () => undefined, addressOf: async () => undefined },
      tokens: {
        get: async ({ sessionKey }) => {
          const { token, number } = accountOf(sessionKey);
          return { token, expiresAt: 0, accountNumber: number, integrator, readReceipts: true };
        },
      },
      events: { downstream: async () => undefined, session: async () => undefined },
      metrics: createSessionMetrics(createMetrics('session')),
      logger: createLogger({ service: 'session', level: 'silent' }),
      rests: new Rests(clock),
      clock,
      isSure: () => true,
      dedupeKey: createSecretKey(randomBytes(32)),
      onState: (sessionKey, _partition, state) => watches.get(sessionKey)?.(state === 'open'),
      mayAcceptNewSends: () => true,
      keptNoiseKeys: { requestedAt: async () => undefined, destroyOld: async () => undefined },
    }),
  );
  const { publicKey: relayKey } = createRelayKey();
  return async (index, watch) => {
    const [deviceId, userId] = [DeviceId.parse(randomUUID()), UserId.parse(randomUUID())];
    const sessionKey = sessionKeyOf(deviceId, gatekeeper);
    const account = target.accounts[index];
    if (account !== undefined) accounts.set(sessionKey, account);
    const opened = new Promise<void>((resolve) => watches.set(sessionKey, watching(watch, resolve)));
    const open = { sessionKey, gatekeeper, userId, deviceId, epoch: 1, relayKey } as const;
    registry.open({ type: 'open', ...open, reason: 'user' }, 0);
    await opened;
    return {};
  };
}

/** Tells of the first login, then of each loss and each return. */
function watching({ lost, back }: Watch, loggedIn: () => void): (isOpen: boolean) => void {
  let [wasOpen, tellOpen] = [false, loggedIn];
  return (isOpen) => {
    if (isOpen === wasOpen) return;
    wasOpen = isOpen;
    if (!isOpen) return lost();
    tellOpen();
    tellOpen = back;
  };
}

async function profileOf({ url, rootPublicKey, logins }: SessionTarget): Promise<GatekeeperProfile> {
  const { host } = new URL(url);
  const elsewhere = 'https://provider.example';
  const profile = resolveProfile(await loadProfile(template), {
    wire: { url, rootPublicKey },
    enlistment: { url: `${elsewhere}/accounts` },
    token: { issuer: elsewhere, audience: 'gatekeeper' },
    push: { jwksUrl: `${elsewhere}/jwks`, audience: elsewhere },
    media: { downloadBase: elsewhere, downloadHosts: ['provider.example'] },
    egress: { hosts: [host, 'provider.example'], allowPrivateAddresses: true },
  });
  return { ...profile, rateLimits: { ...profile.rateLimits, logins } };
}

import type { KeyObject } from 'node:crypto';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { GatekeeperProfile } from '@causeway/profiles';
import type { Logger } from '@causeway/telemetry';
import { LoginAdmission } from './admission/login-admission.js';
import { GatekeeperLinks } from './links/gatekeeper-links.js';
import type { Outbound } from './links/upstream-dialers.js';
import type { NoiseKeySource } from './noise-keys/noise-key-source.js';
import { OwnershipGuard } from './ownership/ownership-guard.js';
import type { SessionEvents, TokenSource } from './sessions/ports.js';
import type { SessionMetrics } from './sessions/session-metrics.js';
import type { SessionDependencies } from './sessions/upstream-session.js';

/** What the sessions of a pod need of the world around it. */
export interface SessionSurroundings {
  readonly profiles: ReadonlyMap<string, GatekeeperProfile>;
  readonly noiseKeys: Readonly<Record<GatekeeperProfile['noiseKeys'], NoiseKeySource>>;
  readonly outbound: Outbound;
  readonly tokens: TokenSource;
  readonly events: SessionEvents;
  readonly metrics: SessionMetrics;
  readonly rests: SessionDependencies['rests'];
  readonly logger: Logger;
  /** One timer of the process for all that thousands of sessions wait for. */
  readonly clock: Clock;
  /** Whether this pod can be sure to have its partitions. */
  readonly isSure: () => boolean;
  readonly dedupeKey: KeyObject;
  readonly onState: SessionDependencies['onState'];
  readonly mayAcceptNewSends: () => boolean;
  readonly keptNoiseKeys: SessionDependencies['keptNoiseKeys'];
}

/** Makes of them what every session of a pod shares: the one wiring, of the service and of its benchmark. */
export function sessionDependencies({
  profiles,
  noiseKeys,
  outbound,
  isSure,
  ...around
}: SessionSurroundings): SessionDependencies {
  const { clock, logger, metrics } = around;
  return {
    ...around,
    links: new GatekeeperLinks(profiles, noiseKeys, outbound, clock, logger),
    admission: createAdmission(clock, profiles, metrics),
    ownership: new OwnershipGuard(clock, isSure),
    preKeyRuleOf: (gatekeeper) => profiles.get(gatekeeper)?.preKeys ?? { batch: 1, low: 0 },
  };
}

function createAdmission(
  clock: Clock,
  profiles: ReadonlyMap<string, GatekeeperProfile>,
  { loginWait, loginsWaiting }: SessionMetrics,
): LoginAdmission {
  const pod = {
    capacity: limits.upstreamLoginBurst.value,
    refillPerSecond: limits.upstreamLoginsPerSecond.value,
  };
  return new LoginAdmission({
    clock,
    pod,
    rateOf: (gatekeeper) => profiles.get(gatekeeper)?.rateLimits.logins ?? pod,
    most: limits.upstreamSessionsPerPod.value,
    onAdmitted: (gatekeeper, waitedMs) => loginWait.observe(waitedMs / 1000, { gatekeeper }),
    onWaiting: (gatekeeper, waiting) => loginsWaiting.set(waiting, { gatekeeper }),
  });
}

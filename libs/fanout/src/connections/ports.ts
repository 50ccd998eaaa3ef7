import type { ServerFrame } from '@causeway/contracts/fanout';
import type { DeviceId, GatekeeperId, SessionKey, UserId } from '@causeway/contracts/ids';
import type { UpstreamEvent } from '@causeway/contracts/upstream';
import type { Coordination } from '@causeway/coordination';
import type { Clock } from '@causeway/lifecycle';
import type { RateLimit } from '@causeway/limits';
import type { Logger } from '@causeway/telemetry';
import type { DurableMailbox } from '../mailbox/durable-mailbox.js';
import type { Submissions } from '../submissions/submissions.js';
import type { SignOffs } from './sign-offs.js';
import type { FanoutMetrics } from '../fanout-metrics.js';

/** Whose connection to which gatekeeper this is. */
export interface ConnectionOwner {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly gatekeeper: GatekeeperId;
  readonly sessionKey: SessionKey;
  readonly custody: 'gatekeeper' | 'provider';
}

/** How fast one user may do what the gatekeeper's users feel. */
export interface UserRates {
  readonly messages: RateLimit;
  /** Bundles of prekeys: whoever writes to somebody new needs one, and who writes to whom is written down nowhere. */
  readonly newPeers: RateLimit;
}

/** What every connection of a pod shares. */
export interface ConnectionDependencies {
  readonly podId: string;
  readonly coordination: Coordination;
  readonly signOffs: SignOffs;
  readonly durable: DurableMailbox;
  readonly submissions: Submissions;
  readonly upstream: (events: readonly UpstreamEvent[]) => Promise<void>;
  /** How fast a user may send and write to new people; by the gatekeeper's profile. */
  readonly ratesOf: (gatekeeper: string) => UserRates;
  /** Who keeps an undelivered message; decided by the gatekeeper's profile. */
  readonly custodyOf: (gatekeeper: string) => 'gatekeeper' | 'provider';
  readonly partitionOf: (sessionKey: SessionKey) => Promise<number>;
  /** Whether it is known well enough who may still send. */
  readonly mayAcceptNewSends: () => boolean;
  readonly metrics: FanoutMetrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Takes frames for the device. @returns false when the device does not keep up and its socket is being closed */
export type FrameSink = (frame: ServerFrame) => boolean;

import type { Limits } from '../limits.js';
import { PreKeyPool } from './prekeys.js';
import { DeliveryQueue } from './queue.js';
import { FaultPlan } from './faults.js';
import { RecentSet } from './recent-set.js';
import type { Node } from '../seam.js';

/** What a client enlists with; curve keys are 32 raw bytes. */
export interface EnlistedKeys {
  /** Noise static public key: who proves to hold it is the account. */
  readonly authKey: Uint8Array;
  readonly registrationId: number;
  readonly identityKey: Uint8Array;
  readonly signedPreKey: { readonly id: number; readonly key: Uint8Array; readonly signature: Uint8Array };
}

/** How a stream ends. */
export type StreamEnd = 'clean' | 'abrupt' | keyof typeof streamErrors;

/** Ends that the stream tells of, as `<stream:error>` with this code or this child. */
export const streamErrors = {
  replaced: { child: 'conflict', type: 'replaced' },
  removed: { code: '401', child: 'conflict', type: 'device_removed' },
  restart: { code: '515' },
  busy: { code: '503' },
  limited: { code: '429' },
  unsettled: { child: 'ack' },
} as const satisfies Record<string, { code?: string; child?: string; type?: string }>;

/** The connection of an account, as far as the rest of the server sees it. */
export interface Attached {
  /** Sends a transient stanza, unless the backlog is still under way. */
  sendTransient(node: Node): void;
  /** Sends what the queue holds, as far as the connection is ready for it. */
  pump(): void;
  /** Sends the acknowledgements that were held back. */
  releaseAcks(): void;
  /** Ends the stream: `clean` says goodbye, `abrupt` just cuts, the others tell why. */
  end(how: StreamEnd): void;
}

/** One enlisted user of the integrator. */
export class Account {
  readonly preKeys: PreKeyPool;
  readonly queue: DeliveryQueue;
  readonly faults = new FaultPlan();
  readonly blocked = new Set<string>();
  readonly peers: RecentSet;
  readonly messageIds: RecentSet;
  connection: Attached | undefined;
  /** One push per offline period: set by the push, cleared by the next login. */
  pushed = false;
  lastSeen: number;

  constructor(
    readonly number: number,
    readonly jid: string,
    readonly identifier: string,
    public keys: EnlistedKeys,
    limits: Limits,
    now: number,
  ) {
    this.preKeys = new PreKeyPool(limits.preKeys, limits.lowPreKeys);
    this.queue = new DeliveryQueue(limits.queuedStanzas, limits.queuedForMs);
    this.peers = new RecentSet(limits.peers);
    this.messageIds = new RecentSet(limits.rememberedMessages);
    this.lastSeen = now;
  }
}

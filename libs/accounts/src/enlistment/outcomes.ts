import { accountsErrors } from '@causeway/contracts/accounts';
import type { SqlExecutor } from '@causeway/postgres';
import { findOptInById, type OptInRecord } from '../opt-ins/opt-ins.store.js';
import { nextState } from '../opt-ins/state-machine.js';
import { takeStep } from '../opt-ins/transitions.js';
import type { Users } from '../users/users.store.js';
import type { EnlistmentOutcome } from './answer.js';
import { backoffMs } from './backoff.js';
import {
  isCurrent,
  postpone,
  settleAccepted,
  settleRefused,
  type EnlistmentClaim,
} from './enlistments.store.js';

/**
 * Records what became of an attempt. The opt-in may have changed meanwhile: an acceptance is recorded while it is being
 * enlisted or deleted (then there is something to delete), anything else only by the latest attempt.
 * @returns the opt-in as it is then, or undefined when it is gone
 */
export function recordOutcome(
  users: Users,
  attempted: OptInRecord,
  claim: EnlistmentClaim,
  outcome: EnlistmentOutcome,
  noisePublicKey: Uint8Array,
): Promise<OptInRecord | undefined> {
  return users.change(attempted.userId, async (tx) => {
    const optIn = await findOptInById(tx, attempted.id);
    if (optIn === undefined) return undefined;
    if (outcome.kind === 'accepted') {
      if (nextState(optIn.state, 'accepted') === undefined) return optIn;
      await settleAccepted(tx, optIn.id, { accountNumber: outcome.accountNumber, noisePublicKey });
      return { ...(await takeStep(tx, optIn, 'accepted')), lastErrorCode: undefined };
    }
    if (!(await isCurrent(tx, claim))) return optIn;
    if (outcome.kind === 'refused') return refuse(tx, optIn, outcome.code);
    return wait(tx, optIn, claim.attempt);
  });
}

async function refuse(tx: SqlExecutor, optIn: OptInRecord, code: string): Promise<OptInRecord> {
  if (nextState(optIn.state, 'refused') === undefined) return optIn;
  await settleRefused(tx, optIn.id, code);
  return { ...(await takeStep(tx, optIn, 'refused')), lastErrorCode: code };
}

/** Whoever has withdrawn meanwhile is not asked for again, although the gatekeeper may have taken her in. */
async function wait(tx: SqlExecutor, optIn: OptInRecord, attempt: number): Promise<OptInRecord> {
  if (optIn.state !== 'enlisting') return optIn;
  const { code } = accountsErrors.enlistment_unreachable;
  const waitMs = backoffMs(attempt, Math.random());
  if (waitMs === undefined) return refuse(tx, optIn, code);
  await postpone(tx, optIn.id, code, waitMs);
  return { ...optIn, lastErrorCode: code };
}

import type { SqlExecutor } from '@causeway/postgres';
import { eraseEnlistment } from '../enlistment/enlistments.store.js';
import { forgetUnused } from '../identifiers/identifiers.store.js';
import { announce } from '../outbox.js';
import { logStep } from './consent-log.store.js';
import { updateState, type OptInRecord } from './opt-ins.store.js';
import { recordRevocation } from './revocations.store.js';
import {
  eventsOf,
  isOver,
  nextState,
  takesRights,
  usualActorOf,
  type Actor,
  type OptInStep,
} from './state-machine.js';

/** A step that the state machine does not allow was tried; nothing was changed. */
export class IllegalStep extends Error {
  override readonly name = 'IllegalStep';
  readonly code = 'opt_in_step_illegal';

  constructor(from: string, step: OptInStep) {
    super(`no ${step} from ${from}`);
  }
}

/**
 * Takes one step in the life of an opt-in: the only way in which its state is changed. The same transaction writes the
 * evidence and tells the other services; what the gatekeeper no longer has is erased with it. Needs the user's lock.
 * @param actor who takes it, where it is not the usual one
 * @throws {IllegalStep}
 */
export async function takeStep(
  tx: SqlExecutor,
  optIn: OptInRecord,
  step: OptInStep,
  actor: Actor = usualActorOf(step),
): Promise<OptInRecord> {
  const state = nextState(optIn.state, step);
  if (state === undefined) throw new IllegalStep(optIn.state, step);
  if (state === optIn.state) return optIn;
  if (!(await updateState(tx, optIn.id, optIn.state, state))) throw new IllegalStep('another state', step);
  await logStep(tx, optIn, step, actor);
  const { userId, deviceId, gatekeeper } = optIn;
  for (const type of eventsOf(optIn.state, step)) {
    await announce(tx, { type, userId, deviceId, gatekeeper, optInId: optIn.id });
  }
  if (takesRights(optIn.state, step)) await recordRevocation(tx, optIn.deviceId);
  if (isOver(state)) {
    await eraseEnlistment(tx, optIn.id, step === 'confirmed');
    await forgetUnused(tx, optIn.identifierId);
  }
  return { ...optIn, state };
}

import { accountGone, sessionTopic, type SessionEvent } from '@causeway/contracts/session';
import { claimInbox } from '@causeway/outbox';
import type { Logger } from '@causeway/telemetry';
import type { ConnectDays } from '../inactivity/connect-days.js';
import { SCHEMA } from '../outbox.js';
import type { Users } from '../users/users.store.js';
import { findLatest } from './opt-ins.store.js';
import { nextState, type OptInStep } from './state-machine.js';
import { takeStep } from './transitions.js';

/** @returns what an event of a session means for the opt-in, if anything. */
function stepOf(event: SessionEvent): OptInStep | undefined {
  if (event.type === 'deletion.confirmed') return 'confirmed';
  const ended = event.type === 'refused' || event.type === 'closed';
  if (ended && accountGone.includes(event.code)) return 'expired';
  return undefined;
}

/** Takes from the session service who connects, and that a gatekeeper has deleted an account, on request or by itself. */
export class SessionConsumer {
  constructor(
    private readonly users: Users,
    private readonly connectDays: Pick<ConnectDays, 'note'>,
    private readonly logger: Logger,
  ) {}

  /** @param id of the event: a deletion confirmed twice must not end a later opt-in of the same device */
  async handle(event: SessionEvent, id: string): Promise<void> {
    if (event.type === 'opened' || event.type === 'tunnel.opened') return this.connectDays.note(event);
    const step = stepOf(event);
    if (step === undefined) return;
    await this.users.change(event.userId, async (tx) => {
      if (!(await claimInbox(tx, SCHEMA, sessionTopic.name, id))) return;
      const optIn = await findLatest(tx, event.deviceId, event.gatekeeper);
      if (optIn?.userId !== event.userId || nextState(optIn.state, step) === undefined) {
        this.logger.warn(
          { gatekeeper: event.gatekeeper, step },
          'the gatekeeper tells of an account that nobody has',
        );
        return;
      }
      await takeStep(tx, optIn, step);
    });
  }
}

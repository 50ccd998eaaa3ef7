import { sessionTopic, type SessionEvent } from '@causeway/contracts/session';
import { claimInbox } from '@causeway/outbox';
import type { Logger } from '@causeway/telemetry';
import { SCHEMA } from '../outbox.js';
import type { Users } from '../users/users.store.js';
import { findLatest } from './opt-ins.store.js';
import { takeStep } from './transitions.js';

/** Takes from the session service that a gatekeeper has confirmed a deletion. */
export class SessionConsumer {
  constructor(
    private readonly users: Users,
    private readonly logger: Logger,
  ) {}

  /** @param id of the event: a deletion confirmed twice must not end a later opt-in of the same device */
  async handle(event: SessionEvent, id: string): Promise<void> {
    if (event.type !== 'deletion.confirmed') return;
    await this.users.change(event.userId, async (tx) => {
      if (!(await claimInbox(tx, SCHEMA, sessionTopic.name, id))) return;
      const optIn = await findLatest(tx, event.deviceId, event.gatekeeper);
      if (optIn?.userId !== event.userId || optIn.state !== 'deleting') {
        this.logger.warn({ gatekeeper: event.gatekeeper }, 'a deletion was confirmed that nobody waits for');
        return;
      }
      await takeStep(tx, optIn, 'confirmed');
    });
  }
}

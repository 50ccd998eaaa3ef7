import type { DownstreamEvent } from '@causeway/contracts/downstream';
import { CoordinationError, type Coordination } from '@causeway/coordination';
import { failpoint } from '@causeway/failpoints';
import type { DurableMailbox } from '../mailbox/durable-mailbox.js';
import { encodeItem, isDeliverable } from '../mailbox/mailbox-item.js';
import type { Submissions } from '../submissions/submissions.js';
import type { FanoutMetrics } from '../fanout-metrics.js';
import { doorbellChannel } from './doorbell.js';

/** Whether a session's content waits in Postgres; decided by the gatekeeper's profile. */
export type CustodyOf = (gatekeeper: string) => 'gatekeeper' | 'provider';

/**
 * Store first, doorbell second: writes what the gatekeeper sent to the device's mailbox, then rings the pod that holds
 * its socket. A lost doorbell costs time, never a message.
 */
export class DownstreamConsumer {
  constructor(
    private readonly coordination: Coordination,
    private readonly durable: DurableMailbox,
    private readonly submissions: Submissions,
    private readonly custodyOf: CustodyOf,
    private readonly metrics: FanoutMetrics,
  ) {}

  async handle(event: DownstreamEvent): Promise<void> {
    const { type } = event;
    failpoint(`fanout.${type}.consumed`);
    const provider = this.custodyOf(event.gatekeeper) === 'provider';
    if (provider && (event.type === 'accepted' || event.type === 'refused')) {
      if (await this.#settleSubmission(event)) return;
    }
    if (provider && event.type === 'opened') await this.durable.resume(event.sessionKey);
    if (provider && isDeliverable(event)) {
      const outcome = await this.durable.store(event);
      if (outcome !== 'stored') return this.metrics.dropped.inc({ reason: outcome });
    } else if (!(await this.#append(event))) return;
    failpoint(`fanout.${type}.stored`);
    await this.#ring(event);
    failpoint(`fanout.${type}.rung`);
  }

  /** @returns whether the device already knows: under custody `provider` it was told when we stored the message. */
  async #settleSubmission(
    event: Extract<DownstreamEvent, { type: 'accepted' | 'refused' }>,
  ): Promise<boolean> {
    if (event.id === undefined) return false;
    if (event.type === 'refused' && event.retryable) return true;
    await this.submissions.settle(event.sessionKey, event.id);
    failpoint('fanout.submission.settled');
    return event.type === 'accepted';
  }

  /** @returns false when the connection that the event was for is gone: the gatekeeper keeps it and delivers again. */
  async #append(event: DownstreamEvent): Promise<boolean> {
    try {
      await this.coordination.mailbox.append(event.sessionKey, event.epoch, [encodeItem(event)]);
      return true;
    } catch (error) {
      if (!(error instanceof CoordinationError)) throw error;
      if (error.code !== 'mailbox_closed' && error.code !== 'mailbox_full') throw error;
      this.metrics.dropped.inc({ reason: error.code });
      return false;
    }
  }

  /** What is stored must not be stored again because a bell could not be rung: the sweep finds it. */
  async #ring(event: DownstreamEvent): Promise<void> {
    try {
      const entry = await this.coordination.presence.get(event.sessionKey);
      if (entry === undefined) return;
      await this.coordination.signals.publish(doorbellChannel(entry.podId), event.sessionKey);
    } catch (error) {
      if (!(error instanceof CoordinationError)) throw error;
    }
  }
}

import { downstreamTopic, type DownstreamEvent } from '@causeway/contracts/downstream';
import { sessionTopic, type SessionEvent } from '@causeway/contracts/session';
import type { EventBus } from '@causeway/events';
import type { SessionEvents } from './ports.js';

/** Publishes on the bus; the bus keeps the order of calls per key. */
export class BusSessionEvents implements SessionEvents {
  constructor(private readonly bus: EventBus) {}

  downstream(event: DownstreamEvent): Promise<void> {
    return this.bus.publish(downstreamTopic, [{ data: event }]);
  }

  session(event: SessionEvent): Promise<void> {
    return this.bus.publish(sessionTopic, [{ data: event }]);
  }
}

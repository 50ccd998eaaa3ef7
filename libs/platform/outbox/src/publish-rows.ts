import { EventBusError, type EventBus, type EventBusErrorCode, type TopicContract } from '@causeway/events';
import type { OutboxRow } from './rows.js';

/** Refused because of what the event is; it would be refused again. */
const finalCodes = new Set<EventBusErrorCode>(['event_invalid', 'event_too_large', 'publish_refused']);

const isFinal = (error: unknown): boolean => error instanceof EventBusError && finalCodes.has(error.code);

/** What became of some rows. */
export interface Published {
  readonly done: readonly OutboxRow[];
  /** Refused for good; the rest of their lanes was not tried. */
  readonly refused: readonly OutboxRow[];
}

/** Publishes rows of one topic in their order. Throws what may pass by itself: then nothing is known of the rows. */
export async function publishRows(
  bus: EventBus,
  topic: TopicContract<unknown> | undefined,
  rows: readonly OutboxRow[],
): Promise<Published> {
  if (topic === undefined) return { done: [], refused: rows };
  try {
    await bus.publish(topic, rows.map(outgoing));
    return { done: rows, refused: [] };
  } catch (error) {
    if (!isFinal(error)) throw error;
  }
  return publishOneByOne(bus, topic, rows);
}

async function publishOneByOne(
  bus: EventBus,
  topic: TopicContract<unknown>,
  rows: readonly OutboxRow[],
): Promise<Published> {
  const done: OutboxRow[] = [];
  const refused = new Map<string, OutboxRow>();
  for (const row of rows) {
    if (refused.has(row.key)) continue;
    try {
      await bus.publish(topic, [outgoing(row)]);
      done.push(row);
    } catch (error) {
      if (!isFinal(error)) throw error;
      refused.set(row.key, row);
    }
  }
  return { done, refused: [...refused.values()] };
}

function outgoing({ id, event, traceparent, created_at }: OutboxRow) {
  return {
    data: event,
    id,
    time: created_at.toISOString(),
    ...(traceparent === null ? {} : { traceparent }),
  };
}

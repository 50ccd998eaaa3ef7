import { setTimeout as delay } from 'node:timers/promises';
import { EventBusError } from './errors.js';
import type { EventLog } from './event-log.js';
import { openEventLog, type EventLogOptions } from './open-event-log.js';
import { deadLetterTopic, topicSpec, type TopicSpec } from './topic.js';

/** A topic as it is now, and whether this call made it. */
export interface TopicReport {
  readonly name: string;
  readonly partitions: number;
  readonly created: boolean;
}

export interface EnsureTopicsOptions extends EventLogOptions {
  /** How long to try while the engine does not answer or does not show what was created; 30 seconds by default. */
  readonly deadlineMs?: number;
}

const retryMs = 500;

/**
 * Creates the topics that are missing, each with the one for its dead letters. All are looked at before any is made, so
 * that a refused count leaves nothing behind. May be called again, and by several at once.
 * @param options `partitions` is the count that every topic must have
 * @throws EventBusError `url_invalid`; `partitions_differ` when a topic has another count: keys would change their
 *   partition, and with it their owner and their order; `topic_unavailable` when the engine does not answer in time
 */
export async function ensureTopics(
  url: string,
  topics: readonly { readonly name: string; readonly retentionMs?: number }[],
  options: EnsureTopicsOptions,
): Promise<readonly TopicReport[]> {
  const log = openEventLog(url, options);
  const specs = topics.flatMap((topic) => [topicSpec(topic), deadLetterTopic(topic)]);
  const created = new Set<string>();
  const giveUpAt = performance.now() + (options.deadlineMs ?? 30_000);
  try {
    for (;;) {
      try {
        await createMissing(log, specs, options.partitions, created);
        return specs.map(({ name }) => ({
          name,
          partitions: options.partitions,
          created: created.has(name),
        }));
      } catch (err) {
        if (err instanceof EventBusError) throw err;
        options.logger.warn({ err }, 'topics could not be created, trying again');
      }
      if (performance.now() > giveUpAt) {
        throw new EventBusError('topic_unavailable', 'the event log did not answer');
      }
      await delay(retryMs);
    }
  } finally {
    await log.close();
  }
}

/** @param created gets the name of each topic that this call sets out to make */
async function createMissing(
  log: EventLog,
  specs: readonly TopicSpec[],
  partitions: number,
  created: Set<string>,
): Promise<void> {
  const missing: TopicSpec[] = [];
  for (const spec of specs) {
    const count = await log.partitionsOf(spec.name);
    if (count === undefined) missing.push(spec);
    else requireCount(spec, count, partitions);
  }
  for (const spec of missing) {
    created.add(spec.name);
    requireCount(spec, await log.ensureTopic(spec), partitions);
  }
}

function requireCount({ name }: TopicSpec, count: number, partitions: number): void {
  if (count === partitions) return;
  throw new EventBusError(
    'partitions_differ',
    `topic ${name} has ${count} partitions, not ${partitions}: the count is fixed when the system is installed`,
  );
}

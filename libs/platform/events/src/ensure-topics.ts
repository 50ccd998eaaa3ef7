import { setTimeout as delay } from 'node:timers/promises';
import { EventBusError } from './errors.js';
import type { EventLog } from './event-log.js';
import { failureReason } from './failure-reason.js';
import { openEventLog, type EventLogOptions } from './open-event-log.js';
import { TopicsUnfitError, type TopicFault, type TopicState } from './topic-faults.js';
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
 * that a refusal leaves nothing behind. May be called again, and by several at once.
 * @param options `partitions` is the count that every topic must have
 * @throws EventBusError `url_invalid`; `topic_unavailable` when the engine does not answer in time; TopicsUnfitError,
 *   with a line and a code for each problem, when a topic has another partition count (keys would change their
 *   partition, and with it their owner and their order) or would lose or refuse events
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
      let reason: string;
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
        reason = failureReason(err);
      }
      if (performance.now() > giveUpAt) {
        throw new EventBusError('topic_unavailable', `the event log did not answer (${reason})`);
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
  const before = await log.examine(specs);
  refuseUnfit(before, partitions);
  const missing = specs.filter(({ name }) => !before.has(name));
  for (const spec of missing) {
    created.add(spec.name);
    await log.ensureTopic(spec);
  }
  if (missing.length === 0) return;
  // Somebody else may have been quicker, and the engine may have rules of its own for what is created.
  const after = await log.examine(specs);
  refuseUnfit(after, partitions);
  if (after.size < specs.length) throw new Error('the topics are not visible yet');
}

function refuseUnfit(states: ReadonlyMap<string, TopicState>, partitions: number): void {
  const problems = [...states].flatMap(([topic, state]) =>
    [...countFault(state.partitions, partitions), ...state.faults].map((fault) => ({ topic, ...fault })),
  );
  if (problems.length > 0) throw new TopicsUnfitError(problems);
}

function countFault(count: number, wanted: number): TopicFault[] {
  if (count === wanted) return [];
  const text = `has ${count} partitions, not ${wanted}: the count is fixed when the system is installed`;
  return [{ code: 'partitions_differ', text }];
}

import { limits } from '@causeway/limits';
import { retentionFault, type TopicFault } from '../topic-faults.js';
import type { TopicSpec } from '../topic.js';

const mostReplicas = 3;
/** A batch is as large as one event may be; the broker counts its framing too. */
const messageBytes = limits.eventBytes.value * 2;

/** How many brokers must have an event before it is acknowledged: with two replicas, one may be down. */
const insyncOf = (replicas: number): number => (replicas >= mostReplicas ? 2 : 1);

export const replicasOn = (brokers: number): number => Math.min(mostReplicas, brokers);

/** What a topic is created with; nothing that keeps events is left to the broker's defaults. */
export function topicSettings({ retentionMs }: TopicSpec, brokers: number): Readonly<Record<string, string>> {
  return {
    'cleanup.policy': 'delete',
    'retention.ms': String(retentionMs),
    'retention.bytes': '-1',
    // A broker removes whole segments: while events come, the youngest of a segment keeps the oldest from going.
    'segment.ms': String(Math.ceil(retentionMs / 2)),
    'min.insync.replicas': String(insyncOf(replicasOn(brokers))),
    'unclean.leader.election.enable': 'false',
    'max.message.bytes': String(messageBytes),
  };
}

/** The names of the settings that `topicFaults` looks at. */
export const topicSettingNames = Object.keys(topicSettings({ name: '', retentionMs: 0 }, 1));

/**
 * What is wrong with a topic that exists.
 * @param replicas of the partition that has the fewest
 * @param settings as they are in force, whether set at the topic or at the broker
 */
export function topicFaults(
  spec: TopicSpec,
  replicas: number,
  settings: ReadonlyMap<string, string>,
  brokers: number,
): TopicFault[] {
  const setting = (name: string): string => settings.get(name) ?? '';
  const faults: TopicFault[] = [];
  const check = (wrong: boolean, code: TopicFault['code'], text: string): void => {
    if (wrong) faults.push({ code, text });
  };
  const policy = setting('cleanup.policy');
  check(
    policy !== 'delete',
    'topic_compacted',
    `has cleanup.policy ${policy}, which drops events: not delete`,
  );
  faults.push(...retentionFault(Number(setting('retention.ms')), spec.retentionMs));
  const segmentMs = setting('segment.ms');
  check(
    Number(segmentMs) > spec.retentionMs,
    'retention_too_long',
    `keeps events in segments of ${segmentMs} ms: segment.ms is above ${spec.retentionMs}`,
  );
  const bytes = setting('retention.bytes');
  check(bytes !== '-1', 'retention_by_size', `drops events beyond ${bytes} bytes: retention.bytes is not -1`);
  const wanted = replicasOn(brokers);
  check(
    replicas < wanted,
    'replication_too_low',
    `has a partition with ${replicas} replicas, not ${wanted}, on ${brokers} brokers`,
  );
  const insync = setting('min.insync.replicas');
  check(
    Number(insync) < insyncOf(wanted),
    'min_insync_too_low',
    `acknowledges what ${insync} broker has: min.insync.replicas is not ${insyncOf(wanted)} on ${brokers} brokers`,
  );
  check(
    setting('unclean.leader.election.enable') === 'true',
    'unclean_leader_election',
    'may elect a leader that lacks events: unclean.leader.election.enable is not false',
  );
  const largest = setting('max.message.bytes');
  check(
    Number(largest) < messageBytes,
    'message_size_too_small',
    `refuses batches over ${largest} bytes: max.message.bytes is not ${messageBytes} or more`,
  );
  return faults;
}

/** What the bus needs to know of a topic; contracts have more. */
export interface TopicContract<T> {
  /** Name with version. A new version is a new topic. */
  readonly name: string;
  /** Throws on an event of another shape. */
  readonly schema: { parse(value: unknown): T };
  /** The key that orders events and chooses their partition. */
  readonly key: (event: T) => string;
  /** True when payloads must not be copied into a dead-letter topic. */
  readonly sealed?: boolean;
  /** How long an event is kept; seven days by default. */
  readonly retentionMs?: number;
}

/** A topic by name, for what does not depend on its events. */
export type TopicName = Pick<TopicContract<never>, 'name'>;

/** What is needed to create a topic. */
export interface TopicSpec {
  readonly name: string;
  readonly retentionMs: number;
}

const sevenDaysMs = 7 * 24 * 60 * 60 * 1_000;

export function topicSpec(topic: { readonly name: string; readonly retentionMs?: number }): TopicSpec {
  return { name: topic.name, retentionMs: topic.retentionMs ?? sevenDaysMs };
}

/** Where events of a topic go that could not be handled; kept seven days, whatever the topic's own retention. */
export function deadLetterTopic(topic: TopicName): TopicSpec {
  return { name: `${topic.name}.dlq`, retentionMs: sevenDaysMs };
}

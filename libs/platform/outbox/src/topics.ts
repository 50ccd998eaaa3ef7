import type { TopicContract } from '@causeway/events';

/** A contract whatever its events are. */
export interface AnyTopic {
  readonly name: string;
  readonly schema: { parse(value: unknown): unknown };
  readonly key: (event: never) => string;
  readonly sealed?: boolean;
  readonly retentionMs?: number;
}

/** Looks contracts up by name, as contracts of events not yet checked: publishing checks them. */
export function topicsByName(topics: readonly AnyTopic[]): ReadonlyMap<string, TopicContract<unknown>> {
  return new Map(
    topics.map((topic) => [topic.name, { ...topic, key: (event: unknown) => topic.key(event as never) }]),
  );
}

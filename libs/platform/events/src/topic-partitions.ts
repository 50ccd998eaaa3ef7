import type { EventLog } from './event-log.js';
import { topicSpec, type TopicSpec } from './topic.js';

/** Remembers how many partitions each topic has: the count of a topic never changes. */
export class TopicPartitions {
  private readonly known = new Map<string, number>();
  private readonly asking = new Map<string, Promise<number>>();

  constructor(private readonly log: Pick<EventLog, 'ensureTopic'>) {}

  /** The count, creating the topic when it is missing. Rejects when the engine is not there; nothing is remembered. */
  async of(topic: { readonly name: string; readonly retentionMs?: number } | TopicSpec): Promise<number> {
    const known = this.known.get(topic.name);
    if (known !== undefined) return known;
    const asking = this.asking.get(topic.name) ?? this.ask(topicSpec(topic));
    return asking;
  }

  private ask(topic: TopicSpec): Promise<number> {
    const asking = this.log
      .ensureTopic(topic)
      .then((partitions) => {
        this.known.set(topic.name, partitions);
        return partitions;
      })
      .finally(() => this.asking.delete(topic.name));
    this.asking.set(topic.name, asking);
    return asking;
  }
}

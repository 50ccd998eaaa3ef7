/** Names of keys. What one script touches shares a hash tag, so that a cluster keeps it on one node. */
export class RedisKeys {
  /** @param owner whose buckets are kept apart from those of others */
  constructor(
    private readonly prefix: string,
    private readonly owner: string,
  ) {}

  lease(podId: string): string {
    return `${this.prefix}:lease:{${podId}}`;
  }

  /** @param tag where in a cluster */
  life(tag: string): string {
    return `${this.prefix}:life:{${tag}}`;
  }

  index(partition: number): string {
    return `${this.prefix}:presence:{${partition}}`;
  }

  entry(sessionKey: string): string {
    return `${this.prefix}:entry:{${sessionKey}}`;
  }

  epoch(sessionKey: string): string {
    return `${this.prefix}:epoch:{${sessionKey}}`;
  }

  mailbox(sessionKey: string): string {
    return `${this.prefix}:mailbox:{${sessionKey}}`;
  }

  bucket(key: string): string {
    return `${this.prefix}:rate:${this.owner}:{${key}}`;
  }

  channel(channel: string): string {
    return `${this.prefix}:signal:${channel}`;
  }
}

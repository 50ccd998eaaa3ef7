import { eventually } from '@causeway/testing';
import { ownRedis, TcpFaultProxy } from '@causeway/testing/faults';
import { expect } from 'vitest';

type Redis = Awaited<ReturnType<typeof ownRedis>>;

/** A Redis with a replica, and one address that leads to whichever is the primary. */
export class RedisPair {
  private constructor(
    readonly primary: Redis,
    readonly replica: Redis,
    readonly proxy: TcpFaultProxy,
  ) {}

  static async start(): Promise<RedisPair> {
    const [primary, replica] = await Promise.all([ownRedis(), ownRedis()]);
    const pair = new RedisPair(primary, replica, await TcpFaultProxy.open({ target: primary }));
    await pair.follow(replica, primary);
    return pair;
  }

  get url(): string {
    return `redis://${this.proxy.host}:${this.proxy.port}`;
  }

  /** As a planned failover begins: writes wait until the replica has all that were taken. */
  async holdWrites(): Promise<void> {
    await cli(this.primary, 'client', 'pause', '120000', 'write');
    const offsets = async (redis: Redis): Promise<string | undefined> =>
      /master_repl_offset:(\d+)/.exec(await cli(redis, 'info', 'replication'))?.[1];
    await eventually(async () => expect(await offsets(this.replica)).toBe(await offsets(this.primary)), {
      deadlineMs: 20_000,
    });
  }

  /** The replica takes over, and new connections lead to it. Those to the former primary stay open. */
  async promote(): Promise<void> {
    await cli(this.replica, 'replicaof', 'no', 'one');
    this.proxy.aim(this.replica);
  }

  /** The former primary, if it still runs, follows the new one and refuses to write. */
  async demote(): Promise<void> {
    await this.follow(this.primary, this.replica);
    await cli(this.primary, 'client', 'unpause');
  }

  async remove(): Promise<void> {
    await this.proxy.close();
    await Promise.all([this.primary.remove(), this.replica.remove()]);
  }

  private async follow(one: Redis, other: Redis): Promise<void> {
    await cli(one, 'replicaof', other.insideHost, '6379');
    const isFollowing = async (): Promise<void> =>
      expect(await cli(one, 'info', 'replication')).toContain('master_link_status:up');
    await eventually(isFollowing, { deadlineMs: 20_000, everyMs: 100 });
  }
}

export const cli = (redis: Redis, ...command: string[]): Promise<string> =>
  redis.run(['redis-cli', ...command]);

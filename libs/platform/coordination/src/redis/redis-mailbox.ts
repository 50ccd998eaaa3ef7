import { limits } from '@causeway/limits';
import { CoordinationError } from '../coordination.errors.js';
import type { EphemeralMailbox, MailboxItem } from '../port.js';
import { LuaScript } from './lua-script.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';

const appendScript = new LuaScript('mailbox-append');
const readScript = new LuaScript('mailbox-read');
const removeScript = new LuaScript('mailbox-remove');
const destroyScript = new LuaScript('mailbox-destroy');

/** Ephemeral mailboxes in Redis, each on the node of its session's presence entry, whose epoch guards it. */
export class RedisMailbox implements EphemeralMailbox {
  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RedisKeys,
  ) {}

  async append(sessionKey: string, epoch: number, items: readonly Uint8Array[]): Promise<void> {
    const { ephemeralMailboxItems, ephemeralMailboxBytes, ephemeralMailboxIdleMs, presenceEpochIdleMs } =
      limits;
    const bounds = [
      ephemeralMailboxItems,
      ephemeralMailboxBytes,
      ephemeralMailboxIdleMs,
      presenceEpochIdleMs,
    ];
    const outcome = await this.run(appendScript, sessionKey, [
      epoch,
      ...bounds.map(({ value }) => value),
      ...items,
    ]);
    if (String(outcome) === 'closed') throw new CoordinationError('mailbox_closed');
    if (String(outcome) === 'full') throw new CoordinationError('mailbox_full');
  }

  async read(
    sessionKey: string,
    epoch: number,
    afterSeq: number,
    limit: number,
  ): Promise<readonly MailboxItem[]> {
    const args = [epoch, afterSeq, limit, limits.ephemeralMailboxIdleMs.value];
    const members = await this.run(readScript, sessionKey, args);
    return Array.isArray(members) ? members.filter(Buffer.isBuffer).map(toItem) : [];
  }

  async remove(sessionKey: string, epoch: number, seqs: readonly number[]): Promise<void> {
    await this.run(removeScript, sessionKey, [epoch, ...seqs]);
  }

  async destroy(sessionKey: string, epoch: number): Promise<void> {
    await this.run(destroyScript, sessionKey, [epoch]);
  }

  private run(
    script: LuaScript,
    sessionKey: string,
    args: readonly (number | Uint8Array)[],
  ): Promise<unknown> {
    const names = [this.keys.entry(sessionKey), this.keys.mailbox(sessionKey)];
    return this.connection.run((redis) => script.run(redis, names, args));
  }
}

/** Members are the number in decimal, a colon and the bytes. */
function toItem(member: Buffer): MailboxItem {
  const colon = member.indexOf(':');
  return {
    seq: Number(member.toString('latin1', 0, colon)),
    item: new Uint8Array(member.subarray(colon + 1)),
  };
}

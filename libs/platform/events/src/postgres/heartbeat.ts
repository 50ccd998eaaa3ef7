import type { Postgres } from '@causeway/postgres';
import type { Logger } from '@causeway/telemetry';
import { renewMemberships, type MemberId } from './group-rows.js';

/** A member whose place must be renewed. */
export interface BeatingMember {
  readonly id: MemberId;
  /** It has its place. @param asked when that was asked for, milliseconds of the monotonic clock */
  renewed(asked: number): void;
  /** It, or another member of its group, has lost its place. */
  rebalanceSoon(): void;
}

/** Three may fail before a membership lapses. */
const beatMs = 2_000;

/** Renews the memberships of a bus, all with one statement: subscriptions that are idle cost next to nothing. */
export class Heartbeat {
  private readonly members = new Set<BeatingMember>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly postgres: Postgres,
    private readonly logger: Logger,
  ) {}

  add(member: BeatingMember): void {
    this.members.add(member);
    if (this.members.size === 1) this.beatLater();
  }

  remove(member: BeatingMember): void {
    this.members.delete(member);
    if (this.members.size === 0) clearTimeout(this.timer);
  }

  private beatLater(): void {
    clearTimeout(this.timer);
    if (this.members.size > 0) this.timer = setTimeout(() => void this.beat(), beatMs);
  }

  private async beat(): Promise<void> {
    const asked = performance.now();
    const members = [...this.members];
    try {
      const changed = await renewMemberships(
        this.postgres,
        members.map(({ id }) => id),
      );
      for (const member of members) {
        if (changed.has(member.id.member)) member.rebalanceSoon();
        else member.renewed(asked);
      }
    } catch (err) {
      this.logger.warn({ err }, 'memberships of event groups could not be renewed');
    }
    this.beatLater();
  }
}

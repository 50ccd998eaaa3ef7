import { DeviceId, GatekeeperId, type UserId } from '@causeway/contracts/ids';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { sql, type Postgres, type Sql } from '@causeway/postgres';
import { retryDelayMs } from './retry-delay.js';
import type { Wake } from './wake.port.js';

/** Somebody wants a device to be woken. */
export interface WakeRequest extends Wake {
  readonly userId: UserId;
  /** Milliseconds since 1970. A request that is not newer than the last one is that one again. */
  readonly requestedAt: number;
}

/** A wake that this pod is to send now. */
export interface DueWake extends Wake {
  /** How often it was tried, this time included. */
  readonly attempt: number;
  /** Of the newest request that it is for. */
  readonly requestedAt: string;
}

interface Row {
  readonly device_id: string;
  readonly gatekeeper: string;
  readonly urgent: boolean;
  readonly attempts: number;
  readonly requested_at: string;
}

/**
 * Table `fanout.wakes`: one row for a device and a gatekeeper. Requests that come while one waits are one with it; those
 * that come soon after it was sent wait until the spacing is over, and none is lost.
 */
export class WakesStore {
  constructor(
    private readonly postgres: Postgres,
    private readonly clock: Clock,
    /** In [0, 1). */
    private readonly random: () => number = Math.random,
  ) {}

  async request({ deviceId, gatekeeper, userId, urgent, requestedAt }: WakeRequest): Promise<void> {
    const spacing = urgent ? limits.wakeSpacingMs.value : limits.wakeSpacingLaterMs.value;
    const spread = urgent ? 0 : Math.floor(this.random() * limits.wakeSpreadMs.value);
    await this.postgres.query(sql`
      insert into fanout.wakes as w (device_id, gatekeeper, user_id, urgent, requested_at, due_at)
      values (${deviceId}, ${gatekeeper}, ${userId}, ${urgent}, ${at(requestedAt)}, ${this.#in(spread)})
      on conflict (device_id, gatekeeper) do update set
        state = 'waiting',
        urgent = excluded.urgent or (w.state = 'waiting' and w.urgent),
        requested_at = excluded.requested_at,
        attempts = case w.state when 'waiting' then w.attempts else 0 end,
        due_at = case
          when w.state = 'waiting' and (w.urgent or not excluded.urgent) then w.due_at
          else greatest(excluded.due_at, w.sent_at + ${spacing} * interval '1 ms') end
      where excluded.requested_at > w.requested_at`);
  }

  /** Takes wakes that are due, for a time in which no other pod does. */
  async claim(limit: number): Promise<DueWake[]> {
    const rows = await this.postgres.query<Row>(sql`
      update fanout.wakes w
      set attempts = w.attempts + 1, due_at = ${this.#in(limits.wakeLeaseMs.value)}
      from (select device_id, gatekeeper from fanout.wakes
        where state = 'waiting' and due_at <= ${this.#in(0)}
        order by due_at limit ${limit} for update skip locked) due
      where w.device_id = due.device_id and w.gatekeeper = due.gatekeeper
      returning w.device_id, w.gatekeeper, w.urgent, w.attempts, w.requested_at::text as requested_at`);
    return rows.map((row) => ({
      deviceId: DeviceId.parse(row.device_id),
      gatekeeper: GatekeeperId.parse(row.gatekeeper),
      urgent: row.urgent,
      attempt: row.attempts,
      requestedAt: row.requested_at,
    }));
  }

  /** Records how a wake ended; what was requested meanwhile waits for its turn. */
  async settle(wake: DueWake, outcome: 'sent' | 'connected'): Promise<void> {
    const sentAt = outcome === 'sent' ? this.#in(0) : sql`sent_at`;
    await this.postgres.query(sql`
      update fanout.wakes set sent_at = ${sentAt}, attempts = 0,
        state = case when requested_at = ${wake.requestedAt}::timestamptz then ${outcome} else 'waiting' end,
        due_at = ${this.#in(limits.wakeSpacingMs.value)}
      where ${isStill(wake)}`);
  }

  /** Records a failure. @returns what becomes of the wake */
  async failed(wake: DueWake): Promise<'waiting' | 'dead'> {
    const state = wake.attempt >= limits.wakeAttempts.value ? 'dead' : 'waiting';
    const delayMs = retryDelayMs(wake.attempt, this.random());
    await this.postgres.query(sql`
      update fanout.wakes set state = ${state}, due_at = ${this.#in(delayMs)} where ${isStill(wake)}`);
    return state;
  }

  async eraseDevice(deviceId: DeviceId): Promise<void> {
    await this.postgres.query(sql`delete from fanout.wakes where device_id = ${deviceId}`);
  }

  async eraseUser(userId: UserId): Promise<void> {
    await this.postgres.query(sql`delete from fanout.wakes where user_id = ${userId}`);
  }

  #in(ms: number): Sql {
    return at(this.clock.now() + ms);
  }
}

const at = (ms: number): Sql => sql`${new Date(ms).toISOString()}::timestamptz`;

/** Not when its lease ended and another pod has taken it since. */
const isStill = ({ deviceId, gatekeeper, attempt }: DueWake): Sql => sql`
  device_id = ${deviceId} and gatekeeper = ${gatekeeper} and state = 'waiting' and attempts = ${attempt}`;

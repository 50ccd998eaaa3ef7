import type { WebPushRegistration } from '@causeway/contracts/fanout';
import type { DeviceId, UserId } from '@causeway/contracts/ids';
import { sql, type Postgres } from '@causeway/postgres';

/** A registration as it is stored; the version names this one and not a later one of the same device. */
export interface StoredRegistration extends WebPushRegistration {
  readonly version: string;
}

interface Row {
  readonly endpoint: string;
  readonly p256dh: Buffer;
  readonly auth: Buffer;
  readonly version: string;
}

/** Table `fanout.web_push_registrations`: at most one for each device. */
export class WebPushStore {
  constructor(private readonly postgres: Postgres) {}

  /** Registers a device; what was registered before is replaced. */
  async put(userId: UserId, deviceId: DeviceId, { endpoint, keys }: WebPushRegistration): Promise<void> {
    const [p256dh, auth] = [keys.p256dh, keys.auth].map((key) => Buffer.from(key, 'base64url'));
    await this.postgres.query(sql`
      insert into fanout.web_push_registrations (device_id, user_id, endpoint, p256dh, auth)
      values (${deviceId}, ${userId}, ${endpoint}, ${p256dh}, ${auth})
      on conflict (device_id) do update set user_id = excluded.user_id, endpoint = excluded.endpoint,
        p256dh = excluded.p256dh, auth = excluded.auth, version = gen_random_uuid()`);
  }

  async get(deviceId: DeviceId): Promise<StoredRegistration | undefined> {
    const [row] = await this.postgres.query<Row>(sql`
      select endpoint, p256dh, auth, version from fanout.web_push_registrations where device_id = ${deviceId}`);
    if (row === undefined) return undefined;
    const keys = { p256dh: row.p256dh.toString('base64url'), auth: row.auth.toString('base64url') };
    return { endpoint: row.endpoint, keys, version: row.version };
  }

  /** Forgets a registration that its push service does not know any more, unless the device has registered since. */
  async clear(deviceId: DeviceId, version: string): Promise<void> {
    await this.postgres.query(sql`
      delete from fanout.web_push_registrations where device_id = ${deviceId} and version = ${version}`);
  }

  async eraseDevice(deviceId: DeviceId): Promise<void> {
    await this.postgres.query(sql`
      delete from fanout.web_push_registrations where device_id = ${deviceId}`);
  }

  async eraseUser(userId: UserId): Promise<void> {
    await this.postgres.query(sql`delete from fanout.web_push_registrations where user_id = ${userId}`);
  }
}

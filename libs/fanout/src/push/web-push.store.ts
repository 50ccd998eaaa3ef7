import { WebPushRegistration } from '@causeway/contracts/fanout';
import type { DeviceId, UserId } from '@causeway/contracts/ids';
import { sql, type Postgres } from '@causeway/postgres';
import { openRecord, sealRecord, type KeyWrap } from '@causeway/sealing';
import { registrationContext } from './sealed-tables.js';

/** A registration as it is stored; the version names this one and not a later one of the same device. */
export interface StoredRegistration extends WebPushRegistration {
  readonly version: string;
}

interface Row {
  readonly sealed: Buffer;
  readonly wrapped_data_key: Buffer;
  readonly version: string;
}

/**
 * Table `fanout.web_push_registrations`: at most one for each device, sealed with a data key of its own. The user's data
 * key is accounts' alone: it opens identifiers and consents, which fanout has no business with.
 */
export class WebPushStore {
  constructor(
    private readonly postgres: Postgres,
    private readonly keyWrap: KeyWrap,
  ) {}

  /** Registers a device; what was registered before is replaced. @throws {SealingError} `key_service_…` */
  async put(userId: UserId, deviceId: DeviceId, registration: WebPushRegistration): Promise<void> {
    const clear = Buffer.from(JSON.stringify(registration));
    const context = registrationContext(deviceId);
    const { sealed, wrappedKey } = await sealRecord(this.keyWrap, context, clear).finally(() =>
      clear.fill(0),
    );
    await this.postgres.query(sql`
      insert into fanout.web_push_registrations (device_id, user_id, sealed, wrapped_data_key)
      values (${deviceId}, ${userId}, ${sealed}, ${wrappedKey})
      on conflict (device_id) do update set user_id = excluded.user_id, sealed = excluded.sealed,
        wrapped_data_key = excluded.wrapped_data_key, version = gen_random_uuid()`);
  }

  /** @throws {SealingError} */
  async get(deviceId: DeviceId): Promise<StoredRegistration | undefined> {
    const [row] = await this.postgres.query<Row>(sql`
      select sealed, wrapped_data_key, version from fanout.web_push_registrations where device_id = ${deviceId}`);
    if (row === undefined) return undefined;
    const record = { sealed: row.sealed, wrappedKey: row.wrapped_data_key };
    const clear = await openRecord(this.keyWrap, registrationContext(deviceId), record);
    try {
      const { endpoint, keys } = WebPushRegistration.parse(JSON.parse(clear.toString('utf8')));
      return { endpoint, keys, version: row.version };
    } finally {
      clear.fill(0);
    }
  }

  /** @returns of a registration what its person may see: all but the secret. @throws {SealingError} */
  async reveal(deviceId: DeviceId): Promise<{ endpoint: string; p256dh: string } | undefined> {
    const stored = await this.get(deviceId);
    return stored && { endpoint: stored.endpoint, p256dh: stored.keys.p256dh };
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

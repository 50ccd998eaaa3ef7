import { limits } from '@causeway/limits';
import { lockInTransaction, sql, type Postgres } from '@causeway/postgres';

const UNFINISHED_SECONDS = limits.mediaUnfinishedMs.value / 1_000;
const CLAIM_SECONDS = 600;
const DAY_SECONDS = 86_400;

/** What is known of an encrypted blob. */
export interface MediaObject {
  readonly reference: string;
  readonly deviceId: string;
  readonly userId: string;
  readonly gatekeeper: string;
  /** Bytes, as announced. */
  readonly size: number;
  /** SHA-256 of the whole, as announced. */
  readonly sha256: Uint8Array;
  /** Readable once it is `ready`. */
  readonly state: 'uploading' | 'ready';
}

/** How much a device may have begun and not finished. */
export interface UploadQuota {
  readonly items: number;
  readonly bytes: number;
}

interface Row {
  readonly reference: string;
  readonly device_id: string;
  readonly user_id: string;
  readonly gatekeeper: string;
  readonly size: string;
  readonly sha256: Uint8Array;
  readonly state: MediaObject['state'];
}

/** Table `media.objects`. What is deleted or expired is not there for anyone but `claimDue`. Throws PostgresError. */
export class MediaObjects {
  constructor(private readonly postgres: Postgres) {}

  /** Records an upload that begins. @returns false when the device has begun too much already */
  begin(object: Omit<MediaObject, 'state'>, quota: UploadQuota): Promise<boolean> {
    const { reference, deviceId, userId, gatekeeper, size, sha256 } = object;
    return this.postgres.transaction(async (tx) => {
      // Two uploads that begin at once must not both take the last place.
      await lockInTransaction(tx, `media upload ${deviceId}`);
      const rows = await tx.query(sql`
        insert into media.objects (reference, device_id, user_id, gatekeeper, size, sha256, expires_at)
        select ${reference}, ${deviceId}::uuid, ${userId}::uuid, ${gatekeeper}, ${size}::bigint, ${sha256}::bytea,
          now() + make_interval(secs => ${UNFINISHED_SECONDS}::int)
        from (select count(*) as items, coalesce(sum(size), 0) as bytes from media.objects
          where device_id = ${deviceId}::uuid and state = 'uploading' and expires_at > now()) as begun
        where begun.items < ${quota.items}::int and begun.bytes + ${size}::bigint <= ${quota.bytes}::bigint
        returning reference`);
      return rows.length === 1;
    });
  }

  async find(reference: string): Promise<MediaObject | undefined> {
    const [row] = await this.postgres.query<Row>(sql`
      select reference, device_id, user_id, gatekeeper, size, sha256, state from media.objects
      where reference = ${reference} and state <> 'deleted' and expires_at > now()`);
    return row && toObject(row);
  }

  /** Makes an upload readable for so many days. @returns false when it was deleted or has expired meanwhile */
  async publish(reference: string, retentionDays: number): Promise<boolean> {
    const rows = await this.postgres.query(sql`
      update media.objects set state = 'ready',
        expires_at = now() + make_interval(secs => ${retentionDays * DAY_SECONDS}::int)
      where reference = ${reference} and state <> 'deleted' and expires_at > now() returning reference`);
    return rows.length === 1;
  }

  /** Makes a blob unreadable; the sweeper removes it. */
  async discard(reference: string): Promise<void> {
    await this.postgres.query(sql`
      update media.objects set state = 'deleted', deleted_at = now(), expires_at = now()
      where reference = ${reference} and state <> 'deleted'`);
  }

  async discardOfUser(userId: string): Promise<void> {
    await this.postgres.query(sql`
      update media.objects set state = 'deleted', deleted_at = now(), expires_at = now()
      where user_id = ${userId}::uuid and state <> 'deleted'`);
  }

  async discardOfDevice(deviceId: string, gatekeeper: string): Promise<void> {
    await this.postgres.query(sql`
      update media.objects set state = 'deleted', deleted_at = now(), expires_at = now()
      where device_id = ${deviceId}::uuid and gatekeeper = ${gatekeeper} and state <> 'deleted'`);
  }

  /**
   * Takes references whose blobs are to be removed. They stay claimed for ten minutes; who is done with one forgets it,
   * and what a crash left undone is claimed again.
   */
  async claimDue(count: number): Promise<readonly string[]> {
    const rows = await this.postgres.query<{ reference: string }>(sql`
      update media.objects set state = 'deleted', deleted_at = coalesce(deleted_at, now()),
        expires_at = now() + make_interval(secs => ${CLAIM_SECONDS}::int)
      where reference in (select reference from media.objects where expires_at <= now()
        order by expires_at limit ${count} for update skip locked)
      returning reference`);
    return rows.map(({ reference }) => reference);
  }

  /** Removes the row of a blob that is gone. */
  async forget(reference: string): Promise<void> {
    await this.postgres.query(
      sql`delete from media.objects where reference = ${reference} and state = 'deleted'`,
    );
  }
}

function toObject(row: Row): MediaObject {
  return {
    reference: row.reference,
    deviceId: row.device_id,
    userId: row.user_id,
    gatekeeper: row.gatekeeper,
    size: Number(row.size),
    sha256: row.sha256,
    state: row.state,
  };
}

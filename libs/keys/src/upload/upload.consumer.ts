import { keysTopic } from '@causeway/contracts/keys';
import type { SessionEvent } from '@causeway/contracts/session';
import { limits } from '@causeway/limits';
import { appendToOutbox, claimInbox } from '@causeway/outbox';
import type { Postgres } from '@causeway/postgres';
import type { Logger, Metrics } from '@causeway/telemetry';
import type { AccountEvent } from '@causeway/contracts/accounts';
import { countPreKeys, eraseKeys, findIdentity, signedPreKeyAge } from '../published/published-keys.store.js';
import { compareDigest, type ReportedDigest } from './digest.js';
import { offerPreKeys, offerSignedPreKey } from './offer.js';
import { markUploaded, preKeysById } from './upload.store.js';

const SCHEMA = 'keys';

const DAY_SECONDS = 86_400;
/** A device renews its signed prekey after 27 days, and has it published when it is connected then. */
const AGES = [7, 14, 28, 35, 60, 90, 180, 365].map((days) => days * DAY_SECONDS);

/** Keeps the gatekeeper's directory filled, and asks the device for more when this pool runs low. */
export class UploadConsumer {
  private readonly digests;
  private readonly ages;

  constructor(
    private readonly postgres: Postgres,
    metrics: Metrics,
    private readonly logger: Logger,
  ) {
    const help = 'Comparisons of what gatekeepers hold with what devices published, by what differs';
    this.digests = metrics.counter('keys_digests_total', help, ['gatekeeper', 'outcome']);
    const ages =
      'How old the signed prekey of a device is, at each comparison with what its gatekeeper holds';
    this.ages = metrics.histogram('keys_signed_prekey_age_seconds', ages, ['gatekeeper'], AGES);
  }

  /** @param eventId the event's id: a repeated event takes no second batch */
  async session(event: SessionEvent, eventId: string): Promise<void> {
    const pool = { deviceId: event.deviceId, gatekeeper: event.gatekeeper };
    if (event.type === 'prekeys.uploaded') return markUploaded(this.postgres, pool, event.preKeyIds);
    if (event.type === 'prekeys.low') return this.#refill(event, eventId);
    if (event.type === 'digest.reported') return this.#compare(event, eventId);
  }

  /** @param at when it happened, RFC 3339: keys that were published later stay */
  async account(event: AccountEvent, at: string): Promise<void> {
    if (event.type === 'device.removed') await eraseKeys(this.postgres, event.deviceId, at);
    if (event.type === 'opt-in.withdrawn' || event.type === 'opt-in.lapsed') {
      await eraseKeys(this.postgres, event.deviceId, at, event.gatekeeper);
    }
  }

  async #refill(event: Extract<SessionEvent, { type: 'prekeys.low' }>, eventId: string): Promise<void> {
    const { userId, deviceId, gatekeeper } = event;
    const pool = { deviceId, gatekeeper };
    await this.postgres.transaction(async (tx) => {
      if (!(await claimInbox(tx, SCHEMA, 'session', eventId))) return;
      const identity = await findIdentity(tx, pool);
      if (identity === undefined) return;
      await offerPreKeys(tx, pool, identity, event.batch);
      const { available } = await countPreKeys(tx, pool);
      if (available > limits.prekeyLowItems.value) return;
      await appendToOutbox(tx, SCHEMA, keysTopic, [
        { data: { type: 'prekeys.low', userId, deviceId, gatekeeper, available } },
      ]);
    });
  }

  /** What is signed is put right; one-time prekeys that the gatekeeper should not have cannot be taken from it. */
  async #compare(event: ReportedDigest, eventId: string): Promise<void> {
    const { deviceId, gatekeeper } = event;
    const pool = { deviceId, gatekeeper };
    await this.postgres.transaction(async (tx) => {
      if (!(await claimInbox(tx, SCHEMA, 'session', eventId))) return;
      const published = await findIdentity(tx, pool);
      if (published === undefined) return;
      const outcome = compareDigest(event, published, await preKeysById(tx, pool, event.preKeyIds));
      this.digests.inc({ gatekeeper, outcome });
      this.ages.observe((await signedPreKeyAge(tx, pool)) ?? 0, { gatekeeper });
      if (outcome === 'signed-prekey') await offerSignedPreKey(tx, pool, published);
      if (outcome === 'prekeys' || outcome === 'identity') {
        this.logger.warn({ gatekeeper, outcome }, 'the gatekeeper holds other keys than were published');
      }
    });
  }
}

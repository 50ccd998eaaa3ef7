import { type Clock, sleep } from '../clock.js';
import { ChatError } from '../gatekeeper/chat-error.js';
import type { DeviceStore } from '../store/device-store.js';
import type { KeyPublisher } from './key-publisher.js';

const hourMs = 3_600_000;
const lookEveryMs = hourMs;
/** After a failure, or a rate limit. */
const shortRestMs = hourMs;
/** After the gatekeeper refused the key, by the rule of its own clients. */
const longRestMs = 24 * hourMs;

/**
 * Renews the signed prekey once it is old. When that fails, the old one stays in use, and the next attempt rests, also
 * over restarts and new connections.
 */
export class SignedPreKeyRenewal {
  constructor(
    private readonly store: DeviceStore,
    private readonly publisher: Pick<KeyPublisher, 'renewSignedPreKey'>,
    private readonly clock: Clock,
  ) {}

  /** Looks now, and every hour until the signal is aborted. @throws StoreError or what the database throws */
  async run(signal: AbortSignal): Promise<void> {
    do await this.look();
    while (await sleep(this.clock, lookEveryMs, signal));
  }

  private async look(): Promise<void> {
    const { keys, meta } = this.store;
    if (!keys.signed.isDue() || this.rests()) return;
    const begunAt = this.clock.now();
    try {
      await this.publisher.renewSignedPreKey();
    } catch (error) {
      meta.put('signed_prekey_rest_until', String(begunAt + restAfter(error)));
    }
  }

  /** A rest that ends later than any can was begun while the clock was ahead. */
  private rests(): boolean {
    const leftMs = Number(this.store.meta.text('signed_prekey_rest_until') ?? '0') - this.clock.now();
    return leftMs > 0 && leftMs <= longRestMs;
  }
}

function restAfter(error: unknown): number {
  const refused = error instanceof ChatError && error.code === 'query_refused' && error.reason !== '429';
  return refused ? longRestMs : shortRestMs;
}

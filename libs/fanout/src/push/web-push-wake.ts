import { createECDH } from 'node:crypto';
import type { Egress } from '@causeway/http';
import { limits } from '@causeway/limits';
import type { FanoutMetrics } from '../fanout-metrics.js';
import webPush from 'web-push';
import { WakeFailed, type Wake, type WakePort } from './wake.port.js';
import type { StoredRegistration, WebPushStore } from './web-push.store.js';

/** Who we are to push services (VAPID, RFC 8292). */
export interface VapidKey {
  /** A contact: `mailto:` or `https:`. */
  readonly subject: string;
  /** Both halves of a key of P-256, base64url. */
  readonly publicKey: string;
  readonly privateKey: string;
}

/** @returns the key pair of a private key of P-256, base64url */
export function vapidKey(privateKey: string, subject: string): VapidKey {
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(Buffer.from(privateKey, 'base64url'));
  return { subject, privateKey, publicKey: ecdh.getPublicKey('base64url') };
}

export interface WebPushParts {
  readonly store: WebPushStore;
  /** Of the hosts of push services alone: endpoints come from devices. */
  readonly egress: Egress;
  readonly key: VapidKey;
  readonly metrics: FanoutMetrics;
}

/** All that a wake says; the push service sees neither that nor whom it is for beyond the endpoint. */
const PAYLOAD = JSON.stringify({ type: 'wake' });
/** Wakes that the push service still keeps are replaced by the newest (RFC 8030, 5.4). */
const TOPIC = 'wake';
const GONE: readonly number[] = [404, 410];

/**
 * Wakes devices that have registered for Web Push (RFC 8030; encrypted by RFC 8291), all others through the next port,
 * and so those whose push service does not know them any more.
 */
export class WebPushWake implements WakePort {
  constructor(
    private readonly parts: WebPushParts,
    private readonly otherwise: WakePort,
  ) {}

  async wake(wake: Wake): Promise<void> {
    const { store, metrics } = this.parts;
    const registration = await store.get(wake.deviceId);
    if (registration === undefined) return this.otherwise.wake(wake);
    const status = await this.#call(registration, wake.urgent);
    metrics.webPush.inc({ status: `${Math.floor(status / 100)}xx` });
    if (status >= 200 && status <= 299) return;
    if (!GONE.includes(status)) throw new WakeFailed();
    await store.clear(wake.deviceId, registration.version);
    await this.otherwise.wake(wake);
  }

  async #call({ endpoint, keys }: StoredRegistration, urgent: boolean): Promise<number> {
    const { egress, key } = this.parts;
    try {
      const { headers, body } = webPush.generateRequestDetails({ endpoint, keys }, PAYLOAD, {
        vapidDetails: key,
        TTL: limits.webPushTtlSeconds.value,
        urgency: urgent ? 'high' : 'low',
        topic: TOPIC,
        contentEncoding: 'aes128gcm',
      });
      const given = Object.entries(headers).map(([name, value]) => [name, String(value)]);
      const { status } = await egress.request(endpoint, {
        method: 'POST',
        headers: Object.fromEntries(given) as Record<string, string>,
        body,
        deadlineMs: limits.wakeDeadlineMs.value,
      });
      return status;
    } catch (cause) {
      throw new WakeFailed({ cause });
    }
  }
}

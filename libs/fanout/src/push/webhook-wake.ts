import { randomUUID } from 'node:crypto';
import type { Egress } from '@causeway/http';
import { limits } from '@causeway/limits';
import { Webhook } from 'standardwebhooks';
import { WakeFailed, type Wake, type WakePort } from './wake.port.js';

const SUCCESS = { from: 200, to: 299 };

/**
 * Wakes through the provider's own push service: a signed POST (Standard Webhooks 1.0: headers `webhook-id`,
 * `webhook-timestamp`, `webhook-signature`). The address is the operator's setting, never something a user gave.
 */
export class WebhookWake implements WakePort {
  /**
   * @param url where the provider receives wakes
   * @param egress to that host alone
   * @param signer of the secret that is shared with the provider; it may be replaced
   */
  constructor(
    private readonly url: string,
    private readonly egress: Egress,
    private readonly signer: { readonly current: Webhook },
    private readonly now: () => number,
  ) {}

  async wake(wake: Wake): Promise<void> {
    const id = `wake_${randomUUID()}`;
    const at = new Date(this.now());
    const { deviceId, gatekeeper, urgent } = wake;
    const data = { deviceId, gatekeeper, urgent };
    const body = JSON.stringify({ type: 'wake', timestamp: at.toISOString(), data });
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': Math.floor(at.getTime() / 1000).toString(),
      'webhook-signature': this.signer.current.sign(id, at, body),
    };
    try {
      const call = { method: 'POST', headers, body, deadlineMs: limits.wakeDeadlineMs.value } as const;
      const { status } = await this.egress.request(this.url, call);
      if (status < SUCCESS.from || status > SUCCESS.to) throw new WakeFailed();
    } catch (cause) {
      throw cause instanceof WakeFailed ? cause : new WakeFailed({ cause });
    }
  }
}

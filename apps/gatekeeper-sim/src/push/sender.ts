import { request } from 'undici';
import type { Account } from '../accounts/account.js';
import type { Clock } from '../clock.js';
import type { Limits } from '../limits.js';
import type { Partner } from '../options.js';
import type { PushRecord, Records } from '../records.js';
import type { PushSigner } from './signer.js';

/** Calls the partner when something waits for a user of theirs who is not connected. */
export class PushSender {
  constructor(
    private readonly partner: () => Partner,
    private readonly signer: PushSigner,
    private readonly records: Records,
    private readonly clock: Clock,
    private readonly limits: Limits,
  ) {}

  /** One call per offline period, however it ends; the next login begins a new one. */
  wake(account: Account): void {
    if (account.pushed) return;
    account.pushed = true;
    void this.send(account);
  }

  /** `POST {pushBase}/push`, at once and once. Never throws; the outcome is recorded. */
  async send(account: Account): Promise<PushRecord> {
    const at = this.clock.now();
    const outcome = await this.#call(account).catch(() => 'failed' as const);
    const record: PushRecord = { at, account: account.jid, outcome };
    this.records.push(record);
    return record;
  }

  async #call(account: Account): Promise<number> {
    const { pushBase } = this.partner();
    const token = await this.signer.sign(new URL(pushBase).origin);
    const timeout = this.limits.outboundTimeoutMs;
    const reply = await request(`${pushBase}/push`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ to: account.identifier }),
      signal: AbortSignal.timeout(timeout),
      headersTimeout: timeout,
      bodyTimeout: timeout,
    });
    await reply.body.dump();
    return reply.statusCode;
  }
}

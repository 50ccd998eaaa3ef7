import { createEgress, EgressError, type Egress, type EgressOptions } from '@causeway/http';
import { limits } from '@causeway/limits';
import type { GatekeeperProfile } from '@causeway/profiles';
import { readAnswer, type EnlistmentOutcome } from './answer.js';

/** The profile itself names an address that must not be called: asking again would not help. */
const WRONG_PROFILE: ReadonlySet<string> = new Set(['egress_url_refused', 'egress_host_refused']);

/** Posts enlistments to one gatekeeper, and to no other host than its profile names. */
export class EnlistmentClient {
  readonly #egress: Egress;

  /** @param options `ca`: authorities of the gatekeeper's certificate, asked for each new connection */
  constructor(
    private readonly profile: Pick<GatekeeperProfile, 'egress' | 'enlistment' | 'integrator'>,
    options: Pick<EgressOptions, 'ca' | 'clock'> = {},
  ) {
    const { hosts, allowPrivateAddresses } = profile.egress;
    this.#egress = createEgress({ allowedHosts: hosts, allowPrivateAddresses, ...options });
  }

  /** @param form as `enlistmentForm` makes it. Never rejects for what the network or the gatekeeper does. */
  async enlist(form: string): Promise<EnlistmentOutcome> {
    try {
      const { status, body } = await this.#egress.request(this.profile.enlistment.url, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: form,
        deadlineMs: limits.enlistmentDeadlineMs.value,
        maxBytes: limits.enlistmentAnswerBytes.value,
      });
      return readAnswer(status, body.toString('utf8'), this.profile.integrator);
    } catch (error) {
      if (!(error instanceof EgressError)) throw error;
      return { kind: WRONG_PROFILE.has(error.code) ? 'refused' : 'unanswered', code: error.code };
    }
  }

  close(): Promise<void> {
    return this.#egress.close();
  }
}

import type { Clock } from '../clock.js';
import { SimulatorError } from '../errors.js';
import type { Limits } from '../limits.js';
import type { Partner } from '../options.js';
import { fetchBounded, type OutboundReply } from '../outbound.js';
import type { Records } from '../records.js';

/** A storage reference is one plain path segment. */
const referencePattern = /^(?!\.{1,2}$)[A-Za-z0-9._~-]{1,256}$/;

/** Fetches media of the integrator's users from the partner, for the gatekeeper's users. */
export class MediaProxy {
  constructor(
    private readonly integrator: number,
    private readonly partner: () => Partner,
    private readonly records: Records,
    private readonly clock: Clock,
    private readonly limits: Limits,
  ) {}

  /**
   * What the partner keeps under the reference. Throws SimulatorError `media_unknown` for another integrator,
   * a malformed reference or the partner's 404, `media_too_large`, and `media_fetch_failed` for anything else
   * but 200 and 206.
   */
  async fetch(integrator: number, reference: string): Promise<OutboundReply> {
    if (integrator !== this.integrator || !referencePattern.test(reference)) {
      throw new SimulatorError('media_unknown', 'no such media path');
    }
    const { mediaBytes, outboundTimeoutMs } = this.limits;
    const at = this.clock.now();
    try {
      const reply = await fetchBounded(
        `${this.partner().mediaBase}/${reference}`,
        mediaBytes,
        outboundTimeoutMs,
      );
      this.records.mediaFetch({ at, reference, outcome: reply.status, bytes: reply.body.length });
      if (reply.status === 200 || reply.status === 206) return reply;
      const unknown = reply.status === 404 || reply.status === 410;
      throw new SimulatorError(
        unknown ? 'media_unknown' : 'media_fetch_failed',
        'the partner did not give the media',
      );
    } catch (error) {
      if (error instanceof SimulatorError && error.code !== 'media_too_large') throw error;
      this.records.mediaFetch({ at, reference, outcome: 'failed', bytes: 0 });
      if (error instanceof SimulatorError) throw error;
      throw new SimulatorError('media_fetch_failed', 'the partner could not be reached in time');
    }
  }
}

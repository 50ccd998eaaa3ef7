import { firstExpiryMs } from '@causeway/config';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Logger, Metrics } from '@causeway/telemetry';

const DAY_SECONDS = 86_400;

/** Says how long the certificates of a service are good for: one that ends unnoticed takes down whatever uses it. */
export class CertificateExpiry {
  readonly #ends = new Map<string, number>();
  readonly #told = new Set<string>();
  readonly #days;

  constructor(
    private readonly parts: { readonly clock: Clock; readonly logger: Logger; readonly metrics: Metrics },
  ) {
    this.#days = parts.metrics.gauge(
      'certificate_expiry_days',
      'Days until the first certificate in a setting ends; negative after that',
      ['setting'],
    );
  }

  /**
   * Takes what a setting holds now.
   * @param pem certificates, undefined when there are none any more
   */
  note(setting: string, pem: string | undefined): void {
    this.#told.delete(setting);
    const end = pem === undefined ? undefined : firstExpiryMs(pem);
    if (end !== undefined) this.#ends.set(setting, end);
    else if (this.#ends.delete(setting)) this.#days.set(Number.NaN, { setting });
  }

  /** @returns whether there is any certificate to watch */
  get isNeeded(): boolean {
    return this.#ends.size > 0;
  }

  /** Measures, and warns once of each that ends soon. */
  look(): void {
    for (const [setting, end] of this.#ends) {
      const days = (end - this.parts.clock.now()) / (DAY_SECONDS * 1_000);
      this.#days.set(days, { setting });
      if (days * DAY_SECONDS > limits.certificateWarningSeconds.value || this.#told.has(setting)) continue;
      this.#told.add(setting);
      this.parts.logger.warn({ setting, days: Math.floor(days) }, 'a certificate ends soon, or has ended');
    }
  }
}

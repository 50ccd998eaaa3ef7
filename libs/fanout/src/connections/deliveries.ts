/** A delivery that the device has not acknowledged yet. */
export interface Delivery {
  readonly source: 'ephemeral' | 'durable';
  readonly seq: number;
  /** The received stanza's number upstream. */
  readonly ref: number;
  /** The sender and id of a message that needs a delivery receipt of its own, under custody `provider`. */
  readonly receiptFor?: { readonly to: string; readonly id: string };
}

/** @returns the name under which the device acknowledges. */
export function nameOf({ source, seq }: Pick<Delivery, 'source' | 'seq'>): string {
  return `${source === 'durable' ? 'd' : 'e'}.${seq}`;
}

/** What was handed to a device and not acknowledged by it. */
export class Deliveries {
  readonly #waiting = new Map<string, Delivery>();

  get size(): number {
    return this.#waiting.size;
  }

  add(delivery: Delivery): void {
    this.#waiting.set(nameOf(delivery), delivery);
  }

  /** Takes acknowledged deliveries out; names that are not there are passed over. */
  take(names: readonly string[]): Delivery[] {
    return names.flatMap((name) => {
      const delivery = this.#waiting.get(name);
      this.#waiting.delete(name);
      return delivery === undefined ? [] : [delivery];
    });
  }

  /** The device could not read these messages and asked for them again: their sender gets no delivery receipt. */
  withoutReceipt(to: string, ids: readonly string[]): void {
    for (const [name, { receiptFor, ...delivery }] of this.#waiting) {
      if (receiptFor?.to === to && ids.includes(receiptFor.id)) this.#waiting.set(name, delivery);
    }
  }

  /**
   * A new login: what the old one brought and the device did not acknowledge is delivered again by the gatekeeper.
   * @returns what is waited for no longer
   */
  reset(): Delivery[] {
    const ephemeral = [...this.#waiting].filter(([, { source }]) => source === 'ephemeral');
    return this.take(ephemeral.map(([name]) => name));
  }
}

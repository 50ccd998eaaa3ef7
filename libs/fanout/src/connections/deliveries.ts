/** A delivery that the device has not acknowledged yet. */
export interface Delivery {
  readonly source: 'ephemeral' | 'durable';
  readonly seq: number;
  /** The received stanza's number upstream. */
  readonly ref: number;
  /** The sender and id of a message that needs a delivery receipt of its own, under custody `provider`. */
  readonly receiptFor?: { readonly to: string; readonly id: string };
}

/** What was handed to a device and not acknowledged by it. */
export class Deliveries {
  readonly #waiting = new Map<string, Delivery>();

  get size(): number {
    return this.#waiting.size;
  }

  /** @returns the name under which the device acknowledges. */
  add(delivery: Delivery): string {
    const name = `${delivery.source === 'durable' ? 'd' : 'e'}.${delivery.seq}`;
    this.#waiting.set(name, delivery);
    return name;
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

  /** A new login: what the old one brought and the device did not acknowledge is delivered again by the gatekeeper. */
  reset(): void {
    for (const [name, delivery] of this.#waiting) {
      if (delivery.source === 'ephemeral') this.#waiting.delete(name);
    }
  }
}

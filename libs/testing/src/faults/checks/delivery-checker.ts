/** A message by its number: `seq` rises per key in the order of sending. No content. */
export interface Tracked {
  readonly id: string;
  readonly key: string;
  readonly seq: number;
}

/** What the sender was told: it is there, it is certainly not there, or nobody knows (a timeout, a broken connection). */
export type SendOutcome = 'ok' | 'fail' | 'unknown';

/** What became of everything sent. Lists hold ids, in the order in which the offence was seen. */
export interface DeliveryVerdict {
  readonly sent: Readonly<Record<SendOutcome, number>>;
  readonly seen: number;
  /** Told ok, and never seen. */
  readonly lost: readonly string[];
  /** Seen again after it was seen. */
  readonly doubled: readonly string[];
  /** Told ok, and seen behind a later one of its key that was told ok too. */
  readonly reordered: readonly string[];
  /** Seen though never sent, refused for certain, or sent under another key or number. */
  readonly phantom: readonly string[];
  /** Nobody knew, and it was there: allowed, and worth counting. */
  readonly recovered: number;
}

/**
 * Compares what was sent with what was seen (for effects: one call of `saw` for each effect, in their order). At least
 * once delivery doubles on the way; give effects, not deliveries, where doubles must not be. The log of a queue under
 * faults as Jepsen's queue workloads keep it, with an order per key.
 */
export class DeliveryChecker {
  private readonly sends = new Map<string, Tracked & { outcome: SendOutcome }>();
  private readonly views: Tracked[] = [];

  /** Records a send when it begins; until `told` its outcome is unknown. Throws when the id was sent before. */
  began(message: Tracked): void {
    if (this.sends.has(message.id)) throw new Error('an id can be sent once; a repeat is the same send');
    this.sends.set(message.id, { ...message, outcome: 'unknown' });
  }

  /** Records what the sender was told. `ok` stays whatever a repeat was told. */
  told(id: string, outcome: SendOutcome): void {
    const send = this.sends.get(id);
    if (send === undefined) throw new Error('told of a message that was not sent');
    if (send.outcome !== 'ok') send.outcome = outcome;
  }

  /** What the sender was told last; undefined when nothing was sent under this id. */
  outcomeOf(id: string): SendOutcome | undefined {
    return this.sends.get(id)?.outcome;
  }

  saw(message: Tracked): void {
    this.views.push(message);
  }

  verdict(): DeliveryVerdict {
    const seen = new Set<string>();
    const highest = new Map<string, number>();
    const [doubled, reordered, phantom]: [string[], string[], string[]] = [[], [], []];
    for (const view of this.views) {
      const send = this.sends.get(view.id);
      if (seen.has(view.id)) doubled.push(view.id);
      else if (!matches(send, view)) phantom.push(view.id);
      else if (send?.outcome === 'ok') {
        const last = highest.get(view.key) ?? -Infinity;
        if (view.seq < last) reordered.push(view.id);
        highest.set(view.key, Math.max(last, view.seq));
      }
      seen.add(view.id);
    }
    const all = [...this.sends.values()];
    const count = (outcome: SendOutcome): number => all.filter((send) => send.outcome === outcome).length;
    return {
      sent: { ok: count('ok'), fail: count('fail'), unknown: count('unknown') },
      seen: seen.size,
      lost: all.filter((send) => send.outcome === 'ok' && !seen.has(send.id)).map((send) => send.id),
      doubled,
      reordered,
      phantom,
      recovered: all.filter((send) => send.outcome === 'unknown' && seen.has(send.id)).length,
    };
  }
}

function matches(send: (Tracked & { outcome: SendOutcome }) | undefined, view: Tracked): boolean {
  return send !== undefined && send.outcome !== 'fail' && send.key === view.key && send.seq === view.seq;
}

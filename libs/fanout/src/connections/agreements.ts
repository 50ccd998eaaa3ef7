import type { DownstreamEvent } from '@causeway/contracts/downstream';

type Question = Pick<Extract<DownstreamEvent, { type: 'noise.dh' }>, 'correlationId' | 'deadline'>;

/** The question for an agreement with the device's Noise key that is open: one at most, the latest. */
export class Agreements {
  #open: Question | undefined;

  /** @param now milliseconds since 1970 @returns whether it may be put to the device: somebody still waits */
  asked({ correlationId, deadline }: Question, now: number): boolean {
    if (deadline <= now) return false;
    this.#open = { correlationId, deadline };
    return true;
  }

  /** @returns whether the question is open; it is answered once */
  answered(correlationId: string, now: number): boolean {
    const open = this.#open;
    if (open?.correlationId !== correlationId || open.deadline <= now) return false;
    this.#open = undefined;
    return true;
  }
}

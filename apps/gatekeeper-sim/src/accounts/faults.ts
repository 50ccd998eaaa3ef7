/** Faults that an operator of the simulator has ordered for one account's deliveries. */
export interface FaultOrder {
  /** Each delivery waits so long. */
  readonly delayMs?: number;
  /** So many next deliveries are sent twice. */
  readonly duplicateNext?: number;
  /** So many next pairs of deliveries change places. */
  readonly reorderNext?: number;
  /** While true, messages of the account are taken but not acknowledged. */
  readonly pauseAcks?: boolean;
}

/** The faults in force; counts go down as they are used. */
export class FaultPlan {
  delayMs = 0;
  duplicateNext = 0;
  reorderNext = 0;
  pauseAcks = false;

  /** Takes over what the order names and leaves the rest. */
  order(order: FaultOrder): void {
    Object.assign(this, order);
  }

  takeDuplicate(): boolean {
    if (this.duplicateNext === 0) return false;
    this.duplicateNext -= 1;
    return true;
  }

  takeReorder(): boolean {
    if (this.reorderNext === 0) return false;
    this.reorderNext -= 1;
    return true;
  }
}

/** Refusals of logins that are to come. */
export interface RefusedLogins {
  /** So many next logins. */
  readonly times: number;
  /** Attributes of `<failure>`: the number, for a ban why, and how many seconds it lasts. */
  readonly reason: string;
  readonly code?: string;
  readonly expire?: string;
}

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
  /** While true, nothing that the client sends is handled and nothing is sent to it, over an open connection. */
  readonly mute?: boolean;
  readonly refuseLogins?: RefusedLogins;
}

/** The faults in force; counts go down as they are used. */
export class FaultPlan {
  delayMs = 0;
  duplicateNext = 0;
  reorderNext = 0;
  pauseAcks = false;
  mute = false;
  refuseLogins: RefusedLogins | undefined;

  /** Takes over what the order names and leaves the rest. */
  order(order: FaultOrder): void {
    Object.assign(this, order);
  }

  takeDuplicate(): boolean {
    if (this.duplicateNext === 0) return false;
    this.duplicateNext -= 1;
    return true;
  }

  /** @returns the attributes of the `<failure>` that the next login gets, if it gets one */
  takeRefusal(): Record<string, string> | undefined {
    if (this.refuseLogins === undefined || this.refuseLogins.times === 0) return undefined;
    const { times, ...attrs } = this.refuseLogins;
    this.refuseLogins = { ...this.refuseLogins, times: times - 1 };
    return attrs;
  }

  takeReorder(): boolean {
    if (this.reorderNext === 0) return false;
    this.reorderNext -= 1;
    return true;
  }
}

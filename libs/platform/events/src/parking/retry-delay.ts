/** When a parked event is tried again; milliseconds. */
export interface ParkingSchedule {
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** Delayed tries in all; then the event is dead and waits for an operator. */
  readonly rounds: number;
  /** How often a member looks for what is due. */
  readonly pollMs: number;
}

/** The wait before delayed try number `round` (the first is 1): doubling, bounded. Undefined when there is none left. */
export function parkedDelay(round: number, schedule: ParkingSchedule): number | undefined {
  if (round > schedule.rounds) return undefined;
  return Math.min(schedule.firstDelayMs * 2 ** (round - 1), schedule.longestDelayMs);
}

const DAY_MS = 86_400_000;

/** @param ms since 1970 @returns the day in UTC, as the database writes a date */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** @returns the day that many days later, or earlier */
export function plusDays(day: string, days: number): string {
  return dayOf(Date.parse(day) + days * DAY_MS);
}

/** @returns whole days from one day to another; none when the other is the earlier one */
export function daysBetween(from: string, to: string): number {
  return Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS));
}

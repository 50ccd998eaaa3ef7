/** @returns a user's name for a job of her own: what others do to a user must not meet it. */
export function nameAfter(failpoint: string): string {
  return failpoint.replaceAll(/[^a-z]/g, '');
}

import { CliError } from '../errors.js';

const STEP_MS = 25;

/**
 * Asks again and again until there is an answer.
 * @param what said in the error when the deadline passes
 * @throws {CliError} `not_in_time`
 */
export async function until<T>(
  what: string,
  deadlineMs: number,
  ask: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const giveUpAt = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > giveUpAt)
      throw new CliError('not_in_time', `${what}: not within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}

import { limits } from '@causeway/limits';
import { systemClock, withDeadline, type Clock } from '@causeway/lifecycle';
import { httpError } from '../errors/http-error.js';

/** Resolves when the dependency can be used, rejects otherwise. */
export type ReadinessCheck = () => Promise<void>;

/** What a service needs to be of use. Liveness never looks at these: restarting does not bring a database back. */
export class ReadinessChecks {
  private readonly checks = new Map<string, ReadinessCheck>();

  constructor(private readonly clock: Clock = systemClock) {}

  /** @param name fixed, shown to operators */
  add(name: string, check: ReadinessCheck): void {
    this.checks.set(name, check);
  }

  /** The names of the checks that failed or did not answer in time. */
  async failing(): Promise<readonly string[]> {
    const names = await Promise.all(
      [...this.checks].map(async ([name, check]) => ((await this.passes(check)) ? undefined : name)),
    );
    return names.filter((name) => name !== undefined);
  }

  private async passes(check: ReadinessCheck): Promise<boolean> {
    try {
      const work = Promise.resolve().then(check);
      await withDeadline(this.clock, limits.readinessCheckMs.value, work, () => httpError('unavailable'));
      return true;
    } catch {
      return false;
    }
  }
}

import type { Switchboard } from '../seam.js';
import type { PhoneClock } from './phone-context.js';
import { PhoneError } from './phone-errors.js';
import { phoneLimits } from './phone-limits.js';
import { PhoneUser } from './phone-user.js';

export interface PhonesOptions {
  readonly switchboard: Switchboard;
  readonly clock?: PhoneClock;
  /** The most phones there may be. */
  readonly capacity?: number;
}

/** The gatekeeper's own users in this process. */
export class Phones {
  private readonly users = new Map<string, PhoneUser>();

  constructor(private readonly options: PhonesOptions) {}

  /** Creates a phone and connects it. Throws PhoneError `number_invalid`, `number_taken` or `users_full`. */
  create({ number, name }: { number: string; name?: string }): PhoneUser {
    const { switchboard, clock, capacity = phoneLimits.users } = this.options;
    if (this.users.has(number)) throw new PhoneError('number_taken', 'That number has a phone already.');
    if (this.users.size >= capacity)
      throw new PhoneError('users_full', 'There are as many phones as may be.');
    const user = new PhoneUser({
      number,
      switchboard,
      ...(name !== undefined && { name }),
      ...(clock && { clock }),
    });
    this.users.set(number, user);
    switchboard.register(user);
    return user;
  }

  /** Throws PhoneError `unknown_user`. */
  get(number: string): PhoneUser {
    const user = this.users.get(number);
    if (user === undefined) throw new PhoneError('unknown_user', 'No phone has that number.');
    return user;
  }

  list(): PhoneUser[] {
    return [...this.users.values()];
  }
}

import type { Clock } from '../clock.js';
import type { Limits } from '../limits.js';
import { Account, type EnlistedKeys } from './account.js';

/** All enlisted accounts, by number and by user-visible identifier. */
export class AccountDirectory {
  readonly #byNumber = new Map<number, Account>();
  readonly #byIdentifier = new Map<string, Account>();
  #lastNumber = 0;

  constructor(
    private readonly integrator: number,
    private readonly clock: Clock,
    private readonly limits: Limits,
  ) {}

  /**
   * Takes an identifier in, or replaces its keys: the number stays, one-time prekeys are dropped, queued
   * ciphertexts stay. Undefined when no more accounts are taken.
   */
  enlist(identifier: string, keys: EnlistedKeys): Account | undefined {
    const known = this.byIdentifier(identifier);
    if (known) {
      known.keys = keys;
      known.preKeys.clear();
      known.lastSeen = this.clock.now();
      // The old client no longer holds the account's keys.
      known.connection?.end('replaced');
      return known;
    }
    // Counting drops those that stayed away too long.
    if (this.#byNumber.size >= this.limits.accounts && this.all().length >= this.limits.accounts)
      return undefined;
    const number = ++this.#lastNumber;
    const jid = `${this.integrator}-${number}@interop`;
    const account = new Account(number, jid, identifier, keys, this.limits, this.clock.now());
    this.#byNumber.set(number, account);
    this.#byIdentifier.set(identifier, account);
    return account;
  }

  byNumber(number: number): Account | undefined {
    return this.#alive(this.#byNumber.get(number));
  }

  byIdentifier(identifier: string): Account | undefined {
    return this.#alive(this.#byIdentifier.get(identifier));
  }

  /** By `{integrator}-{number}@interop`, of this integrator only. */
  byJid(jid: string): Account | undefined {
    const match = /^(\d+)-(\d+)@interop$/.exec(jid);
    return match && Number(match[1]) === this.integrator ? this.byNumber(Number(match[2])) : undefined;
  }

  all(): Account[] {
    return [...this.#byNumber.values()].filter((account) => this.#alive(account));
  }

  remove(account: Account): void {
    this.#byNumber.delete(account.number);
    this.#byIdentifier.delete(account.identifier);
  }

  /** An account that stayed away too long is gone, with what waited for it. */
  #alive(account: Account | undefined): Account | undefined {
    if (!account || account.connection) return account;
    if (this.clock.now() - account.lastSeen < this.limits.inactivityMs) return account;
    this.remove(account);
    return undefined;
  }
}

import type { Answer } from '@causeway/contracts/downstream';
import type { Query } from '@causeway/contracts/upstream';
import { bareJid, formatAddress, JidError, parseAddress } from '@causeway/jid';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';

interface Asked {
  readonly account: string;
  readonly atMs: number;
  readonly answer: Promise<Answer>;
}

/**
 * What the gatekeeper answered about peers in one login. The same question within 30 seconds is asked once, and whoever
 * asks it gets that answer: a device that repeats itself, or a command that the bus delivers twice, must not drain a
 * peer's one-time prekeys. A failure is no answer, and is forgotten.
 */
export class PeerAnswers {
  readonly #asked = new Map<string, Asked>();

  constructor(private readonly clock: Pick<Clock, 'monotonicMs'>) {}

  /**
   * @param ask puts the question to the gatekeeper; never throws for what the gatekeeper answers
   * @returns the answer, and whether it had been asked before
   */
  async to(query: Query, ask: () => Promise<Answer>): Promise<{ answer: Answer; again: boolean }> {
    const key = `${query.kind} ${query.peer}`;
    const before = this.#asked.get(key);
    if (before !== undefined && !this.#isOld(before)) return { answer: await before.answer, again: true };
    this.#makeRoom();
    const asked = { account: accountOf(query.peer), atMs: this.clock.monotonicMs(), answer: ask() };
    this.#asked.set(key, asked);
    try {
      const answer = await asked.answer;
      if (answer.kind === 'failed') this.#remove(key, asked);
      return { answer, again: false };
    } catch (error) {
      this.#remove(key, asked);
      throw error;
    }
  }

  /** Something about a peer's keys has changed, or a session with the answer's keys failed: they are asked for anew. */
  forget(peer: string): void {
    const account = accountOf(peer);
    for (const [key, asked] of this.#asked) if (asked.account === account) this.#asked.delete(key);
  }

  #isOld({ atMs }: Asked): boolean {
    return this.clock.monotonicMs() - atMs >= limits.queryCoalesceMs.value;
  }

  /** They lie in the order in which they were asked. Beyond the bound the oldest goes, which costs one more question. */
  #makeRoom(): void {
    for (const [key, asked] of this.#asked) {
      if (!this.#isOld(asked) && this.#asked.size < limits.queryCoalesceItems.value) return;
      this.#asked.delete(key);
    }
  }

  #remove(key: string, asked: Asked): void {
    if (this.#asked.get(key) === asked) this.#asked.delete(key);
  }
}

/** The account of an address, without its device; text that is no address stands for itself. */
function accountOf(address: string): string {
  try {
    return formatAddress(bareJid(parseAddress(address)));
  } catch (error) {
    if (error instanceof JidError) return address;
    throw error;
  }
}

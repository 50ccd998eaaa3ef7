import { lockInTransaction, type Postgres, type SqlExecutor } from '@causeway/postgres';
import type { EventLog } from '../event-log.js';
import { openEventLog, type EventLogOptions } from '../open-event-log.js';
import { appendParked } from '../parking/append-parked.js';
import type { TopicName } from '../topic.js';
import { countActions, ensureActions, recordAction, settledLetters, type LetterAction } from './actions.js';
import { DeadLetterError } from './errors.js';
import { groupLetters } from './group-letters.js';
import { withoutContent, type Letter, type LetterFilter, type WholeLetter } from './letter.js';
import { ParkedLetters, type LetterGroup } from './parked-letters.js';
import { TopicLetters } from './topic-letters.js';

/** What could not be handled, in short and letter by letter. */
export interface LetterList {
  readonly groups: readonly LetterGroup[];
  /** Oldest first, as many as were asked for. */
  readonly letters: readonly Letter[];
  /** What operators did, ever. */
  readonly actions: Readonly<Record<LetterAction, number>>;
}

/** What a replay set going. */
export interface ReplayReport {
  /** Letters whose lane is tried at once; in a parked lane the first one stands for all behind it. */
  readonly replayed: readonly Letter[];
  /** Letters that cannot be replayed, and stay. */
  readonly refused: readonly { readonly letter: Letter; readonly code: string }[];
  /** True when the letter asked for was replayed or dropped before. */
  readonly already: boolean;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Lists, shows, replays and drops what could not be handled, in the rows of parked lanes and the dead-letter topics. */
export class DeadLetters {
  private constructor(
    private readonly log: EventLog,
    private readonly postgres: Postgres,
    private readonly parked: ParkedLetters,
    private readonly buried: TopicLetters,
  ) {}

  /**
   * @param options `postgres` is the deployment's database as its owner; it stays the caller's to close
   * @throws EventBusError `url_invalid`; PostgresError
   */
  static async open(
    url: string,
    topics: readonly TopicName[],
    options: EventLogOptions & { readonly postgres: Postgres },
  ): Promise<DeadLetters> {
    const { postgres } = options;
    const log = openEventLog(url, options);
    await ensureActions(postgres);
    const parked = await ParkedLetters.open(postgres);
    return new DeadLetters(log, postgres, parked, new TopicLetters(log, postgres, topics));
  }

  close(): Promise<void> {
    return this.log.close();
  }

  async list(filter: LetterFilter, limit: number): Promise<LetterList> {
    const buried = await this.buried.letters(filter);
    const parked = await this.parked.letters(filter, limit);
    const oldest = [...parked, ...buried].sort((one, two) => ((one.at ?? '') < (two.at ?? '') ? -1 : 1));
    return {
      groups: [...(await this.parked.groups(filter)), ...groupLetters(buried)],
      letters: oldest.slice(0, limit).map(withoutContent),
      actions: await countActions(this.postgres),
    };
  }

  /** @throws DeadLetterError `dead_letter_unknown` */
  async show(id: string): Promise<Letter> {
    return withoutContent(await this.find(id));
  }

  /** The event with its key and payload; that it was looked at is recorded first. @throws as `show` */
  async reveal(
    id: string,
    actor: string,
  ): Promise<{ letter: Letter; key: string; payload: string | undefined }> {
    const letter = await this.find(id);
    await recordAction(this.postgres, letter, { action: 'revealed', actor });
    return { letter: withoutContent(letter), key: letter.key, payload: letter.payload };
  }

  /**
   * Tries one letter again. One in a parked lane makes its lane go on from the lane's first letter: nothing overtakes.
   * One in a dead-letter topic goes to the end of its lane. Harmless when repeated.
   * @throws DeadLetterError `dead_letter_unknown`, `dead_letter_without_payload`, `dead_letter_lane_full`,
   *   `dead_letter_unaddressed`
   */
  async replay(id: string, actor: string): Promise<ReplayReport> {
    const letter = await this.lookUp(id);
    if (letter === undefined) {
      const settled = await settledLetters(this.postgres, [id]);
      if (settled.has(id)) return { replayed: [], refused: [], already: true };
      throw unknownLetter(id);
    }
    const { topic, group, lane } = letter;
    if (letter.state !== 'buried') return this.replayAll({ topic, group, lane }, 1, actor, false);
    const done = await this.unbury(letter, actor);
    return { replayed: done ? [withoutContent(letter)] : [], refused: [], already: !done };
  }

  /** Tries every letter again that the filter names, at most `limit` lanes and buried letters, oldest first. */
  async replayAll(filter: LetterFilter, limit: number, actor: string, buried = true): Promise<ReplayReport> {
    const replayed: Letter[] = [];
    const refused: ReplayReport['refused'][number][] = [];
    for (const letter of buried ? (await this.buried.letters(filter)).slice(0, limit) : []) {
      try {
        if (await this.unbury(letter, actor)) replayed.push(withoutContent(letter));
      } catch (error) {
        if (!(error instanceof DeadLetterError)) throw error;
        refused.push({ letter: withoutContent(letter), code: error.code });
      }
    }
    const woken = await this.postgres.transaction(async (tx) => {
      const first = await this.parked.wake(tx, filter, limit);
      for (const letter of first) await recordAction(tx, letter, { action: 'replayed', actor });
      return first;
    });
    return { replayed: [...replayed, ...woken.map(withoutContent)], refused, already: false };
  }

  /** Gives a letter up, for a reason that is kept. @throws as `show` */
  async drop(id: string, reason: string, actor: string): Promise<Letter> {
    const letter = await this.find(id);
    await this.postgres.transaction(async (tx) => {
      const there =
        letter.state === 'buried' ? await isUnsettled(tx, letter) : this.parked.remove(tx, letter);
      if (!(await there)) throw unknownLetter(id);
      await recordAction(tx, letter, { action: 'dropped', actor, reason });
    });
    return withoutContent(letter);
  }

  /**
   * Puts a letter of a dead-letter topic into the parked lane of the one group that could not handle it.
   * @returns false when somebody else has settled it meanwhile
   */
  private async unbury(letter: WholeLetter, actor: string): Promise<boolean> {
    const { id, group, topic, payload, partition, offset, key } = letter;
    if (payload === undefined) {
      throw new DeadLetterError(
        'dead_letter_without_payload',
        `${id} has no payload: it can only be dropped`,
      );
    }
    if (!this.parked.schemas.includes(group)) {
      throw new DeadLetterError('dead_letter_unaddressed', `${id} belongs to a group that parks nothing`);
    }
    const headers = Object.entries(letter.allHeaders).filter(([name]) => !name.startsWith('ce_error'));
    const raw = { partition, offset: BigInt(offset), key, headers: Object.fromEntries(headers), payload };
    const put = await this.postgres.transaction(async (tx) => {
      if (!(await isUnsettled(tx, letter))) return undefined;
      const there = await appendParked(tx, group, { topic, group }, raw, 'replayed', 0);
      if (there) await recordAction(tx, letter, { action: 'replayed', actor });
      return there;
    });
    if (put === false)
      throw new DeadLetterError('dead_letter_lane_full', `the lane of ${id} is full: replay the lane first`);
    return put === true;
  }

  private async find(id: string): Promise<WholeLetter> {
    const letter = await this.lookUp(id);
    if (letter === undefined) throw unknownLetter(id);
    return letter;
  }

  private lookUp(id: string): Promise<WholeLetter | undefined> {
    return uuid.test(id) ? this.parked.find(id) : this.buried.find(id);
  }
}

/** Holds a letter of a topic, which cannot be taken out of it, until the transaction ends: two operators settle it once. */
async function isUnsettled(tx: SqlExecutor, { id }: Letter): Promise<boolean> {
  await lockInTransaction(tx, `dead letter ${id}`);
  return !(await settledLetters(tx, [id])).has(id);
}

function unknownLetter(id: string): DeadLetterError {
  return new DeadLetterError(
    'dead_letter_unknown',
    `there is no dead letter ${JSON.stringify(id.slice(0, 200))}`,
  );
}

import { PostgresError, type SqlExecutor } from '@causeway/postgres';
import type { RawEvent } from '../envelope/records.js';
import { EventBusError } from '../errors.js';
import type { EventLog } from '../event-log.js';
import { deadLetterTopic, type TopicName, type TopicSpec } from '../topic.js';
import { settledLetters } from './actions.js';
import { laneOf, matches, redactedHeaders, type LetterFilter, type WholeLetter } from './letter.js';

/** Letters of one topic that are looked at; what lies behind them shows when these are settled or have expired. */
const lettersPerTopic = 10_000;

const idPattern = /^(\S+)\.dlq\/(\d+)\/(\d+)$/;

/** The dead-letter topics. What was replayed or dropped stays in them until it expires, and is left out here. */
export class TopicLetters {
  constructor(
    private readonly log: EventLog,
    private readonly postgres: SqlExecutor,
    private readonly topics: readonly TopicName[],
  ) {}

  /** Oldest first. @throws EventBusError `topic_unavailable`, PostgresError */
  async letters(filter: LetterFilter): Promise<WholeLetter[]> {
    const found: WholeLetter[] = [];
    for (const { name } of this.topics) {
      if (filter.topic !== undefined && filter.topic !== name) continue;
      found.push(...(await this.all(name)).filter((letter) => matches(letter, filter)));
    }
    return found.sort((one, two) => ((one.at ?? '') < (two.at ?? '') ? -1 : 1));
  }

  /** @returns undefined when there is none, or it was replayed or dropped */
  async find(id: string): Promise<WholeLetter | undefined> {
    const topic = idPattern.exec(id)?.[1];
    if (topic === undefined || !this.topics.some(({ name }) => name === topic)) return undefined;
    return (await this.all(topic)).find((letter) => letter.id === id);
  }

  private async all(topic: string): Promise<WholeLetter[]> {
    const deadLetters = deadLetterTopic({ name: topic });
    const letters = (await this.read(deadLetters)).map((raw) => letterOf(topic, deadLetters.name, raw));
    const settled = await settledLetters(
      this.postgres,
      letters.map(({ id }) => id),
    );
    return letters.filter(({ id }) => !settled.has(id));
  }

  private async read(topic: TopicSpec): Promise<readonly RawEvent[]> {
    try {
      const exists = (await this.log.examine([topic])).has(topic.name);
      return exists ? await this.log.readAll(topic.name, lettersPerTopic) : [];
    } catch (error) {
      if (error instanceof PostgresError) throw error;
      throw new EventBusError('topic_unavailable', 'the event log did not answer');
    }
  }
}

const number = /^\d{1,18}$/;
const name = /^[\w.-]{1,128}$/;

function letterOf(topic: string, deadLetters: string, raw: RawEvent): WholeLetter {
  const { headers, key = '', payload } = raw;
  const text = (header: string, pattern: RegExp, otherwise: string): string => {
    const value = headers[header];
    return value !== undefined && pattern.test(value) ? value : otherwise;
  };
  const at = Date.parse(headers['ce_errortime'] ?? '');
  return {
    id: `${deadLetters}/${raw.partition}/${raw.offset}`,
    topic,
    group: text('ce_errorgroup', name, 'unknown'),
    code: text('ce_errorcode', name, 'unknown'),
    state: 'buried',
    lane: laneOf(key),
    partition: Number(text('ce_errorpartition', number, '0')),
    offset: text('ce_erroroffset', number, '0'),
    at: Number.isNaN(at) ? undefined : new Date(at).toISOString(),
    rounds: 0,
    hasPayload: payload !== undefined,
    headers: redactedHeaders(headers),
    key,
    allHeaders: headers,
    payload,
  };
}

import { createHash } from 'node:crypto';
import type { Headers } from '../envelope/records.js';

/**
 * Where a letter stands. In a parked lane: `waiting` for its next try, `dead` until an operator acts, or `behind` the
 * lane's first. `buried`: in a dead-letter topic, and its lane went on without it.
 */
export type LetterState = 'waiting' | 'dead' | 'behind' | 'buried';

/** An event that could not be handled, without what would tell whom it is about. */
export interface Letter {
  readonly id: string;
  readonly topic: string;
  readonly group: string;
  readonly code: string;
  readonly state: LetterState;
  /** Short hash of the key, to tell lanes apart. */
  readonly lane: string;
  readonly partition: number;
  readonly offset: string;
  /** RFC 3339, when it was set aside; undefined when the letter does not tell. */
  readonly at: string | undefined;
  /** Delayed tries that failed. */
  readonly rounds: number;
  /** False for events of sealed topics: then there is nothing to replay or reveal. */
  readonly hasPayload: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

/** A letter with its content, for this library alone. */
export interface WholeLetter extends Letter {
  readonly key: string;
  readonly allHeaders: Headers;
  readonly payload: string | undefined;
}

/** Which letters are meant; what is absent does not matter. */
export interface LetterFilter {
  readonly topic?: string | undefined;
  readonly group?: string | undefined;
  readonly code?: string | undefined;
  /** As `Letter.lane`. */
  readonly lane?: string | undefined;
}

const laneLength = 16;

/** The name of a lane in listings; `laneSql` computes the same. */
export function laneOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, laneLength);
}

/** Headers that name neither a person nor content; `ce_subject` repeats the key. */
const shown = /^(ce_(specversion|id|type|source|time|error[a-z]+)|content-type|traceparent)$/;
const plain = /^[\x21-\x7e]{1,128}$/;

/** The headers that may be shown, as far as their values are what we would have written. */
export function redactedHeaders(headers: Headers): Record<string, string> {
  const entries = Object.entries(headers).filter(([name]) => shown.test(name));
  return Object.fromEntries(
    entries.map(([name, value]) => [name, plain.test(value) ? value : '(not shown)']),
  );
}

/** What may leave this library without an entry in the audit. */
export function withoutContent({
  key: _key,
  allHeaders: _headers,
  payload: _payload,
  ...letter
}: WholeLetter): Letter {
  return letter;
}

export function matches(letter: Letter, { topic, group, code, lane }: LetterFilter): boolean {
  const same = (wanted: string | undefined, is: string) => wanted === undefined || wanted === is;
  return (
    same(topic, letter.topic) &&
    same(group, letter.group) &&
    same(code, letter.code) &&
    same(lane, letter.lane)
  );
}

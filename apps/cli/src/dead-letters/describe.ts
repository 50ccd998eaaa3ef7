import type { Letter, LetterList, ReplayReport } from '@causeway/events';
import { table } from '../output/table.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A time span as a person reads it: its largest unit, rounded down. */
export function span(seconds: number): string {
  if (seconds < MINUTE) return `${Math.floor(seconds)} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h`;
  return `${Math.floor(seconds / DAY)} d`;
}

/**
 * A text of somebody else as JSON, in which a terminal finds nothing to obey: JSON leaves the control characters of
 * ISO 6429 beyond ASCII as they are, and those that turn the direction of writing.
 */
export function quoted(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function describeList({ groups, letters, actions }: LetterList): string[] {
  const done = `replayed ${actions.replayed}, dropped ${actions.dropped}, revealed ${actions.revealed} so far`;
  if (groups.length === 0) return [`nothing waits; ${done}`];
  const total = groups.reduce((sum, group) => sum + group.letters, 0);
  return [
    ...table([
      ['topic', 'group', 'code', 'state', 'letters', 'lanes', 'oldest'],
      ...groups.map(({ topic, group, code, state, letters: count, lanes, oldestSeconds }) => [
        ...[topic, group, code, state, String(count), String(lanes)],
        span(oldestSeconds),
      ]),
    ]),
    '',
    ...table([
      ['id', 'lane', 'code', 'state', 'since'],
      ...letters.map(({ id, lane, code, state, at }) => [id, lane, code, state, at ?? 'unknown']),
    ]),
    '',
    `${letters.length} of ${total} letters shown; ${done}`,
  ];
}

export function describeLetter(letter: Letter): string[] {
  const { headers, hasPayload, at, ...plain } = letter;
  const fields = Object.entries({
    ...plain,
    since: at ?? 'unknown',
    payload: hasPayload ? 'kept' : 'not kept',
  });
  return [
    ...fields.map(([name, value]) => `${name.padEnd(10)} ${value}`),
    ...Object.entries(headers).map(([name, value]) => `header     ${name}: ${value}`),
  ];
}

export function describeReplay({ replayed, refused, already }: ReplayReport): string[] {
  if (already) return ['it was replayed or dropped before; nothing to do'];
  const codes = new Map<string, number>();
  for (const { code } of refused) codes.set(code, (codes.get(code) ?? 0) + 1);
  return [
    `replayed ${replayed.length}: they are tried within seconds, each lane in its order`,
    ...[...codes].map(([code, count]) => `left where they are: ${count} (${code})`),
  ];
}

import { code, table } from '../markdown.js';

/**
 * @typedef {object} Endings
 * @property {Readonly<Record<string, string>>} advice what each advice means
 * @property {Readonly<Record<string, { advice: string, meaning: string, tellsUser?: true }>>} codes
 * @property {readonly (readonly [code: string, words: string])[]} words what a gatekeeper says
 */

const introduction =
  'How a login or a connection to a gatekeeper ends, and what the session does next. Each end reaches the device as a `session` frame with its code; where the user is told, nothing goes on before she has done something.';

/** @param {Endings} endings @returns {string[]} parts of a page */
export function endingsPart({ advice, codes, words }) {
  const rows = Object.entries(codes).map(([name, ending]) => [
    code(name),
    words
      .filter(([of]) => of === name)
      .map(([, word]) => code(word))
      .join(', '),
    ending.meaning,
    advice[ending.advice] ?? ending.advice,
    ending.tellsUser === true ? 'yes' : '',
  ]);
  const head = ['code', 'the gatekeeper says', 'meaning', 'next', 'user is told'];
  return ['## Ends of upstream connections', introduction, table(head, rows)];
}

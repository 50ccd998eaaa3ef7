/** A text in JSON, and a colon behind it when it names a member: in JSON no other text has one. */
const TEXTS = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/**
 * Parses JSON in which no object names a member twice. Parsers disagree about which of two counts, so whoever checks one
 * and uses the other can be deceived (RFC 7515, 4; RFC 8259, 4).
 * @throws {SyntaxError} when it is not JSON, or names a member twice
 */
export function parseUniqueJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  // What most issuers write: the value, of which a name that came twice is a part only once, has the same text.
  if (JSON.stringify(value) === text) return value;
  // Of a member that was named twice, also in other escapes, the value has one.
  if (namedIn(text) !== heldBy(value)) throw new SyntaxError('a member is named twice');
  return value;
}

function namedIn(text: string): number {
  let names = 0;
  for (const [, colon] of text.matchAll(TEXTS)) if (colon !== undefined) names += 1;
  return names;
}

/** Members of all objects in a value; without recursion, because the depth is the sender's choice. */
function heldBy(value: unknown): number {
  const left = [value];
  let members = 0;
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next !== 'object' || next === null) continue;
    const values: unknown[] = Object.values(next);
    if (!Array.isArray(next)) members += values.length;
    for (const inner of values) left.push(inner);
  }
  return members;
}

import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { owners } from '../owners.js';

const folder = new URL('../../prisma/schema/', import.meta.url);

interface Column {
  readonly name: string;
  readonly type: string;
  readonly comment: string;
}

/** The columns of a schema file, each with the comment above it. */
function columnsOf(text: string): Column[] {
  const columns: Column[] = [];
  let comment = '';
  let model: string | undefined;
  for (const line of text.split('\n')) {
    const field = /^ {2}(\w+)\s+(String|Bytes|BigInt|Int|Boolean|DateTime|Json)\b/.exec(line);
    if (/^model /.test(line)) model = line.split(' ')[1];
    if (field) columns.push({ name: `${model}.${field[1]}`, type: field[2] ?? '', comment });
    comment = /^ {2}\/\/\/ (.*)/.exec(line)?.[1] ?? '';
  }
  return columns;
}

const columns = readdirSync(folder).flatMap((file) => columnsOf(readFileSync(new URL(file, folder), 'utf8')));
// Bytes are keys, hashes and sealed values; these names stand for a person, a device, a session or a way to them.
const namesSomebody = /\.(userId|deviceId|identifierId|sessionKey|accountNumber|name|key|event|reference)$/;

describe('the schema', () => {
  it('has a file for every owner, with an outbox and an inbox', () => {
    const files = readdirSync(folder);
    for (const owner of owners) {
      expect(files).toContain(`${owner}.prisma`);
      const model = `${owner[0]?.toUpperCase()}${owner.slice(1)}`;
      expect(columns.map(({ name }) => name)).toEqual(
        expect.arrayContaining([`${model}Outbox.seq`, `${model}Inbox.receivedAt`]),
      );
    }
  });

  it.each(columns.filter(({ name, type }) => type === 'Bytes' || namesSomebody.test(name)))(
    'says what $name is for and how long it is kept',
    ({ comment }) => {
      expect(comment).toMatch(/^Personal: .+\. Purpose: .+\. Retention: .+\.$/);
    },
  );

  it('has no comment on personal data that the data map could not read', () => {
    const marked = columns.filter(({ comment }) => /personal|purpose|retention/i.test(comment));
    expect(marked.length).toBeGreaterThan(40);
    for (const { comment } of marked) {
      expect(comment).toMatch(/^Personal: [^.]+\. Purpose: [^.]+\. Retention: [^.]+\.$/);
    }
  });
});

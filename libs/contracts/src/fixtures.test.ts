import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { topics } from './index.js';

const folder = join(import.meta.dirname, '../fixtures');
const lock = JSON.parse(readFileSync(join(folder, 'lock.json'), 'utf8')) as Record<string, string>;
const files = topics.flatMap((topic) =>
  readdirSync(join(folder, topic.name)).map((file) => ({ topic, file: `${topic.name}/${file}` })),
);

/** Golden events are read for ever: an event that was ever written must stay readable, so no fixture may change. */
describe('golden fixtures', () => {
  it.each(files)('$file is read and keyed as it was written', ({ topic, file }) => {
    const event: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const parsed = topic.schema.parse(event);
    expect(parsed).toEqual(event);
    expect((topic.key as (event: unknown) => string)(parsed)).toMatch(/^[0-9a-f-]{36}(\.[a-z-]+)?$/);
  });

  it('have not changed since they were recorded', () => {
    const now = Object.fromEntries(
      files.map(({ file }) => [
        file,
        createHash('sha256')
          .update(readFileSync(join(folder, file)))
          .digest('hex'),
      ]),
    );
    expect(now).toEqual(lock);
  });

  it('cover every type of every topic', () => {
    for (const topic of topics) {
      const types = topic.schema.options.map((option) => option.shape.type.value);
      const covered = files
        .filter((entry) => entry.topic === topic)
        // Of a type there is one more, `type~what.json`, for each field that was added later.
        .map(({ file }) => file.slice(topic.name.length + 1, -5).replace(/~.*/, ''));
      expect([...new Set(covered)].toSorted()).toEqual(types.toSorted());
    }
  });

  it.each(files)('$file with an unknown field is refused', ({ topic, file }) => {
    const event = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Record<string, unknown>;
    expect(topic.schema.safeParse({ ...event, extra: 1 }).success).toBe(false);
  });
});

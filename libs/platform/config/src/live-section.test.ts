import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineConfig, integer, LiveSection } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'causeway-live-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);
const write = (name: string, text: string) => writeFileSync(path(name), text);

const section = defineConfig(
  'Pair',
  {
    SECRET: { schema: z.string().regex(/^[a-z]+$/), doc: 'Secret.', secret: true },
    LIST: { schema: z.string(), doc: 'List.', file: true },
    SIZE: { schema: integer(0, 9).default(1), doc: 'Size.' },
  },
  ({ SECRET, LIST }) => (LIST.includes(SECRET) ? undefined : 'the list lacks the secret'),
);
const open = () =>
  new LiveSection(section, { CAUSEWAY_SECRET_FILE: path('secret'), CAUSEWAY_LIST_FILE: path('list') });

beforeEach(() => {
  write('secret', 'one\n');
  write('list', 'one two');
});

describe('a section in files', () => {
  it('is read again when a file changed, also by another file in its place', () => {
    const live = open();
    expect(live.values).toEqual({ SECRET: 'one', LIST: 'one two', SIZE: 1 });
    expect(live.reload()).toBe('same');
    write('new', 'two');
    renameSync(path('new'), path('secret'));
    expect(live.reload()).toBe('changed');
    expect(live.values.SECRET).toBe('two');
  });

  it.each([
    ['malformed', () => write('secret', 'PLANTED'), /^CAUSEWAY_SECRET: is malformed/],
    ['empty', () => write('secret', ''), /^CAUSEWAY_SECRET: is required$/],
    ['gone', () => rmSync(path('secret')), /^CAUSEWAY_SECRET_FILE: the file cannot be read/],
    ['too large', () => write('secret', 'x'.repeat(70_000)), /larger than/],
    ['not fitting the other', () => write('secret', 'three'), /^Pair: the list lacks the secret$/],
  ])('keeps its values while a file is %s, says so once, and goes on', (_what, spoil, message) => {
    const live = open();
    spoil();
    expect(() => live.reload()).toThrow(message);
    expect(live.reload()).toBe('same');
    expect(live.values.SECRET).toBe('one');
    write('secret', 'two');
    expect(live.reload()).toBe('changed');
    expect(live.values.SECRET).toBe('two');
  });

  it('keeps its values when whoever uses them refuses', () => {
    const live = open();
    write('secret', 'two');
    const refuse = () => {
      throw new Error('too weak');
    };
    expect(() => live.reload(refuse)).toThrow('too weak');
    expect(live.values.SECRET).toBe('one');
    expect(live.reload(refuse)).toBe('same');
  });

  it('does not start with a wrong one, and knows when nothing can change', () => {
    write('secret', 'three');
    expect(open).toThrow('the list lacks');
    expect(new LiveSection(section, { CAUSEWAY_SECRET: 'a', CAUSEWAY_LIST: 'a' }).isInFiles).toBe(false);
    write('secret', 'one');
    expect(open().isInFiles).toBe(true);
  });
});

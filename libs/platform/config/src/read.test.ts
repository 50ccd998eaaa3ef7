import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  ConfigError,
  defineConfig,
  flag,
  integer,
  json,
  list,
  readConfig,
  url,
  type Environment,
} from './index.js';
import { maxSecretFileBytes } from './secret-file.js';

const folder = mkdtempSync(join(tmpdir(), 'causeway-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const section = defineConfig('Test', {
  PORT: { schema: integer(1, 65_535), doc: 'Port.' },
  HOSTS: { schema: list(z.string().max(10)).default([]), doc: 'Hosts.' },
  VERBOSE: { schema: flag().default(false), doc: 'More.' },
  PASSWORD: { schema: z.string().min(8), doc: 'Password.', secret: true },
});
const other = defineConfig('Other', { LINK: { schema: url('https').optional(), doc: 'Link.' } });
const good = { CAUSEWAY_PORT: '80', CAUSEWAY_PASSWORD: 'correct horse' };

function problemsOf(env: Environment): string[] {
  try {
    readConfig([section, other], env);
  } catch (err) {
    expect(err).toBeInstanceOf(ConfigError);
    return (err as ConfigError).message.split('\n');
  }
  return [];
}

describe('readConfig', () => {
  it('gives typed values with defaults', () => {
    const values = readConfig([section, other], { ...good, CAUSEWAY_HOSTS: 'a, b,', CAUSEWAY_LINK: '' });
    const port: number = values.PORT;
    expect({ ...values, port }).toEqual({
      PORT: 80,
      HOSTS: ['a', 'b'],
      VERBOSE: false,
      PASSWORD: 'correct horse',
      LINK: undefined,
      port: 80,
    });
  });

  it('reports all problems together, one line each, without secrets', () => {
    const lines = problemsOf({
      CAUSEWAY_PORT: '99999',
      CAUSEWAY_VERBOSE: 'maybe',
      CAUSEWAY_PASSWORD: 'hunter2',
      CAUSEWAY_LINK: 'ftp://x',
    });
    expect(lines).toEqual([
      'CAUSEWAY_PORT: must be a whole number from 1 to 65535',
      'CAUSEWAY_VERBOSE: must be true or false',
      'CAUSEWAY_PASSWORD: is malformed (a secret, not shown)',
      'CAUSEWAY_LINK: must be a URL with https://',
    ]);
    expect(problemsOf({})).toEqual(['CAUSEWAY_PORT: is required', 'CAUSEWAY_PASSWORD: is required']);
  });

  it('does not quote a secret that a schema would quote', () => {
    const quoting = defineConfig('Q', {
      KEY: { schema: json(z.strictObject({ a: z.literal('b') })), doc: 'Key.', secret: true },
    });
    for (const text of ['{"planted":1}', 'planted', '{"a":"planted"}']) {
      expect(() => readConfig([quoting], { CAUSEWAY_KEY: text })).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining('planted') }),
      );
    }
  });

  it('reads a secret from a file without its trailing newline', () => {
    const path = file('password', 'from a file\n');
    expect(readConfig([section], { CAUSEWAY_PORT: '80', CAUSEWAY_PASSWORD_FILE: path }).PASSWORD).toBe(
      'from a file',
    );
  });

  it('refuses a secret given twice, an absent file, a folder and a file beyond the bound', () => {
    const path = file('password', 'from a file');
    const large = file('large', 'x'.repeat(maxSecretFileBytes + 1));
    const base = { CAUSEWAY_PORT: '80' };
    expect(problemsOf({ ...good, CAUSEWAY_PASSWORD_FILE: path })).toEqual([
      'CAUSEWAY_PASSWORD: set this or CAUSEWAY_PASSWORD_FILE, not both',
    ]);
    expect(problemsOf({ ...base, CAUSEWAY_PASSWORD_FILE: join(folder, 'absent') })).toEqual([
      'CAUSEWAY_PASSWORD_FILE: the file cannot be read (ENOENT)',
    ]);
    expect(problemsOf({ ...base, CAUSEWAY_PASSWORD_FILE: folder })).toEqual([
      'CAUSEWAY_PASSWORD_FILE: not a regular file',
    ]);
    expect(problemsOf({ ...base, CAUSEWAY_PASSWORD_FILE: large })).toEqual([
      `CAUSEWAY_PASSWORD_FILE: larger than ${maxSecretFileBytes} bytes`,
    ]);
    expect(problemsOf({ ...base, CAUSEWAY_PASSWORD_FILE: file('empty', '\n') })).toEqual([
      'CAUSEWAY_PASSWORD: is required',
    ]);
  });

  it('names unknown variables of ours, and files for what is no secret', () => {
    const unknown: string[] = [];
    const env = {
      ...good,
      CAUSEWAY_PORTT: '1',
      CAUSEWAY_PORT_FILE: 'x',
      CAUSEWAY_LINK: 'https://x',
      PATH: '/bin',
    };
    readConfig([section], env, { onUnknown: (name) => unknown.push(name), alsoKnown: [other] });
    expect(unknown).toEqual(['CAUSEWAY_PORTT', 'CAUSEWAY_PORT_FILE']);
  });

  it('checks values against each other once they are right by themselves', () => {
    const checked = defineConfig(
      'Range',
      { LOW: { schema: integer(0, 9), doc: 'Low.' }, HIGH: { schema: integer(0, 9), doc: 'High.' } },
      ({ LOW, HIGH }) => (LOW <= HIGH ? undefined : 'LOW is above HIGH'),
    );
    expect(() => readConfig([checked], { CAUSEWAY_LOW: '5', CAUSEWAY_HIGH: '3' })).toThrow(
      'Range: LOW is above HIGH',
    );
    expect(() => readConfig([checked], { CAUSEWAY_LOW: '5' })).toThrow(/^CAUSEWAY_HIGH: is required$/);
    expect(() =>
      readConfig(
        [checked, other],
        { CAUSEWAY_LOW: '1', CAUSEWAY_HIGH: '3' },
        { checks: [(v) => (v.LINK ? undefined : 'no link')] },
      ),
    ).toThrow('configuration: no link');
  });
});

describe('values', () => {
  it.each(['', ' 1', '1.5', '1e3', '0x10', 'NaN', '-1', '99999999999999999999'])(
    'integer refuses %j',
    (text) => {
      expect(integer(0, 10).safeParse(text).success).toBe(false);
    },
  );

  it('list refuses too many', () => {
    expect(list(z.string(), 2).safeParse('a,b,c').success).toBe(false);
  });
});

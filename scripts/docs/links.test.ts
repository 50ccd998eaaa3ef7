import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { topics } from '@causeway/contracts';
import { services } from '../lint/boundaries.js';

const workspace = join(import.meta.dirname, '../..');
const pages = execFileSync('git', ['ls-files', '-z', '*.md'], { cwd: workspace, encoding: 'utf8' })
  .split('\0')
  .filter((name) => name !== '' && existsSync(join(workspace, name)));

const read = (name: string): string => readFileSync(join(workspace, name), 'utf8');

describe('the pages', () => {
  it('link to files that are there', () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => !existsSync(join(workspace, dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('say of every service and every topic what happens when it is taken over', () => {
    const model = read('docs/threat-model.md');
    const rows = model.split('\n').filter((line) => line.startsWith('|'));
    const missing = [...services, ...topics.map(({ name }) => `\`${name}\``)].filter(
      (part) => !rows.some((row) => row.split('|')[1]?.includes(part)),
    );
    expect(missing).toEqual([]);
  });
});

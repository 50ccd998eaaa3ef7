import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const workspace = join(import.meta.dirname, '..');
const tracked = execFileSync('git', ['ls-files', '-z'], {
  cwd: workspace,
  encoding: 'utf8',
  maxBuffer: 1 << 26,
})
  .split('\0')
  .filter((name) => name !== '');
const sources = tracked.filter((name) => /\.(ts|js|mjs|lua|prisma)$/.test(name));
const lockFile = 'package-lock.json';
const binary = /\.(png|jpe?g|gif|pdf|ogg|opus|mp4|webp|bin|ico)$/;

/** A file deleted on disk but still in git's list reads as empty. */
function read(name: string): string {
  try {
    return readFileSync(join(workspace, name), 'utf8');
  } catch {
    return '';
  }
}

/** Lines of text files that match, as `file:line`. */
function linesMatching(pattern: RegExp, files: readonly string[]): string[] {
  return files
    .filter((name) => !binary.test(name) && name !== lockFile)
    .flatMap((name) =>
      read(name)
        .split('\n')
        .flatMap((line, index) => (pattern.test(line) ? [`${name}:${index + 1}`] : [])),
    );
}

const lineCount = (name: string): number => read(name).replace(/\n$/, '').split('\n').length;

describe('the files in git', () => {
  it('name no path of one machine', () => {
    expect(linesMatching(/(?<![\w.@:~-])\/(?:home|root|Users|work)\/[\w.]/, tracked)).toEqual([]);
  });

  it('name no package registry', () => {
    expect(linesMatching(/\bregistry\.[\w-]+\.\w|^registry ?=|_auth(?:Token)? ?=/, tracked)).toEqual([]);
    const hosts = [...read(lockFile).matchAll(/"resolved": "\w+:\/\/([^/"]+)/g)].map(([, host]) => host);
    expect(hosts.filter((host) => host !== ['registry', 'npmjs', 'org'].join('.'))).toEqual([]);
  });

  it('leave nothing marked for later', () => {
    expect(linesMatching(/\b(?:TO(?:)DO|FIX(?:)ME|XX(?:)X|HA(?:)CK)\b/, sources)).toEqual([]);
  });

  it('are short: none over 400 lines, nine in ten at most 200, half of the source at most 60', () => {
    expect(sources.filter((name) => lineCount(name) > 400)).toEqual([]);
    const lengths = sources
      .filter((name) => !name.endsWith('.test.ts'))
      .map(lineCount)
      .sort((a, b) => a - b);
    const percentile = (share: number): number => lengths[Math.floor((lengths.length - 1) * share)] ?? 0;
    expect(percentile(0.5)).toBeLessThanOrEqual(60);
    expect(percentile(0.9)).toBeLessThanOrEqual(200);
  });

  it('lie in folders named after what they do', () => {
    const vague = /(?:^|\/)(?:common|shared|utils?|helpers?|misc)\//;
    expect(
      tracked.filter((name) => /^(?:apps|libs|e2e|bench|scripts)\//.test(name) && vague.test(name)),
    ).toEqual([]);
  });
});

describe('every project', () => {
  const projects = tracked
    .filter((name) => basename(name) === 'package.json' && name !== 'package.json')
    .map((name) => dirname(name));

  it('is built: the root tsconfig.json refers to it', () => {
    const { references } = JSON.parse(read('tsconfig.json')) as { references: { path: string }[] };
    expect(references.map(({ path }) => path).sort()).toEqual(projects.sort());
  });

  it('pins its packages to exact versions', () => {
    const loose = ['package.json', ...projects.map((project) => `${project}/package.json`)].flatMap(
      (name) => {
        const manifest = JSON.parse(read(name)) as Record<string, Record<string, string> | undefined>;
        return Object.entries({ ...manifest['dependencies'], ...manifest['devDependencies'] })
          .filter(([, version]) => !/^(?:\*|(?:npm:.+@)?\d+\.\d+\.\d+(?:-[\w.]+)?)$/.test(version))
          .map(([dependency, version]) => `${name}: ${dependency} ${version}`);
      },
    );
    expect(loose).toEqual([]);
  });
});

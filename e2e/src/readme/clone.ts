import { execFileSync } from 'node:child_process';
import {
  constants,
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const checkout = fileURLToPath(new URL('../../..', import.meta.url));
const git = (...args: string[]) => execFileSync('git', ['-C', checkout, ...args], { encoding: 'utf8' });

/** Clones what is committed here into an empty folder. */
export function cloneInto(folder: string): void {
  git('clone', '--quiet', checkout, folder);
}

/** @returns the files of the checkout that differ from what a clone gets, as `git status` prints them */
export function uncommitted(): string {
  return git('status', '--porcelain').trimEnd();
}

/**
 * Puts the installed packages of the checkout into a clone, by hard links: what `npm ci` would leave there, without the
 * download. The links to the workspace's own projects are relative, and so lead into the clone.
 */
export function linkPackages(clone: string): void {
  copyTree(join(checkout, 'node_modules'), join(clone, 'node_modules'), isCache);
}

/**
 * Puts what the checkout has built and generated into a clone of the same sources. Of others it would hide what they
 * lack: the compiler does not ask for a source that is gone while what was made of it is there.
 */
export function copyBuild(clone: string): void {
  const ignored = git('ls-files', '--others', '--ignored', '--exclude-standard', '--directory').split('\n');
  for (const folder of ignored.filter((name) => /^(?!node_modules\/).*\/(dist|generated)\/$/.test(name)))
    cpSync(join(checkout, folder), join(clone, folder), { recursive: true });
}

/** Folders that tools add to `node_modules` while they run. */
const isCache = (name: string) => /^\.(cache|vite|vitest|nx)/.test(name);

function copyTree(from: string, to: string, leftOut: (name: string) => boolean): void {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (leftOut(entry.name)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else if (entry.isDirectory()) copyTree(source, target, () => false);
    else linkOrCopy(source, target);
  }
}

function linkOrCopy(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    // Not every file system has hard links, and none has them across its border.
    copyFileSync(source, target, constants.COPYFILE_FICLONE);
  }
}

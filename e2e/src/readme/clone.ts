import { execFileSync } from 'node:child_process';
import {
  constants,
  copyFileSync,
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

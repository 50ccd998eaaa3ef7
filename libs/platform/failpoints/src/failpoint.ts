import { readFileSync, rmSync } from 'node:fs';

let watched: string | undefined;

/**
 * Lets a test kill this process, all services in it together, at a failpoint.
 * @param file while it holds the name of a failpoint, the process dies where it passes that point
 */
export function watchFailpoints(file: string): void {
  watched = file;
}

/**
 * A point between two steps, at which a process may die and nothing be lost: what stands before it was done, what
 * stands behind it was not. Nothing happens here unless failpoints are watched and this one is armed: then the file is
 * removed, so that the next process passes, and this one ends by SIGKILL at once, without drain or goodbye.
 * @param name `service.thing.done`; without anything of a user
 */
export function failpoint(name: string): void {
  if (watched === undefined || armedIn(watched) !== name) return;
  rmSync(watched);
  process.kill(process.pid, 'SIGKILL');
}

/** Another process that watches the same file may have removed it just now. */
function armedIn(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

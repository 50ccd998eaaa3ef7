import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';

/**
 * Replaces a file: who reads it sees the old one or the new one, whole, also after a crash of the machine.
 * @param mode of the new file, whatever the old one had
 */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const folder = dirname(path);
  const next = join(folder, `.${basename(path)}.${randomUUID()}`);
  try {
    const file = await open(next, 'wx', mode);
    try {
      // The mode at creation is cut by the umask, and the key set is read by another service's account.
      await file.chmod(mode);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, path);
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Without it the rename may be lost with the machine. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { MigrationError } from './errors.js';

/** One migration as it stands in its folder. */
export interface Migration {
  /** Folder name: `<14 digits>_<name>`; the order of names is the order of application. */
  readonly name: string;
  readonly script: string;
  /** SHA-256 of the script in hex, as Prisma computes it. */
  readonly checksum: string;
}

/** The migrations that belong to this version of the schema; the same place seen from `src` and from `dist`. */
export const migrationsFolder = new URL('../../prisma/migrations/', import.meta.url);

/** Reads a folder in Prisma's format. Throws MigrationError `migrations_unreadable`. */
export async function readMigrations(folder: URL): Promise<readonly Migration[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    return await Promise.all(
      names.sort().map(async (name) => {
        const bytes = await readFile(new URL(`${name}/migration.sql`, folder));
        const checksum = createHash('sha256').update(bytes).digest('hex');
        return { name, script: bytes.toString('utf8'), checksum };
      }),
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MigrationError('migrations_unreadable', `cannot read the migrations: ${reason}`);
  }
}

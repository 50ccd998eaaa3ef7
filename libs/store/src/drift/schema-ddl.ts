import { readFileSync, readdirSync } from 'node:fs';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import { SchemaEngine } from '@prisma/schema-engine-wasm';

const schemaFolder = new URL('../../prisma/schema/', import.meta.url);

/**
 * The statements that make an empty database match the Prisma schema, as Prisma's own engine writes them. The
 * engine connects to `databaseUrl` but changes nothing there.
 */
export async function schemaDdl(databaseUrl: string): Promise<string> {
  const files = readdirSync(schemaFolder)
    .sort()
    .map((path) => ({ path, content: readFileSync(new URL(path, schemaFolder), 'utf8') }));
  const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPg(databaseUrl));
  const silent = (): void => undefined;
  const datamodels = files.map(({ path, content }): [string, string] => [path, content]);
  const schemaEngine = await SchemaEngine.new({ datamodels }, silent, adapter);
  const { stdout } = await schemaEngine.diff({
    from: { tag: 'empty' },
    to: { tag: 'schemaDatamodel', files },
    script: true,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  });
  if (stdout === null || stdout.trim() === '') throw new Error('the schema engine gave no statements');
  return stdout;
}

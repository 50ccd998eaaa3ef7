import { ConfigError, type ConfigSection } from '@causeway/config';
import type { ServiceDefinition } from './service.js';
import { startService } from './start-service.js';

/**
 * Runs a service as a process of its own: starts it, drains it on SIGTERM and SIGINT. A start that fails says why in
 * one line per problem and sets exit code 1.
 */
export async function runService<Sections extends readonly ConfigSection[]>(
  definition: ServiceDefinition<Sections>,
): Promise<void> {
  try {
    const service = await startService(definition);
    service.lifecycle.installSignalHandlers();
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(`${definition.name}: ${explain(error)}\n`);
  }
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  if (error instanceof Error && 'code' in error) return `${String(error.code)}: ${error.message}`;
  return error instanceof Error ? error.message : 'failed to start';
}

import { describe } from 'vitest';
import { describeWithEngine, enginesOfWorker, type Engines } from '@causeway/testing';
import type { ColumnName } from './column.js';

/**
 * A suite on a column; the title names it. Without the engines of the production column its tests count as skipped,
 * or fail with REQUIRE_ENGINES=1.
 */
export function describeColumn(name: ColumnName, title: string, body: (engines: Engines) => void): void {
  const suite = `${name} column, ${title}`;
  const engines = enginesOfWorker();
  if (name === 'embedded') return void describe(suite, () => body(engines));
  const missing = (['kafka', 'redis', 's3'] as const).find((engine) => !isRunning(engines, engine));
  describeWithEngine(missing ?? 'kafka', suite, () => body(engines));
}

function isRunning({ kafkaBrokers, redisUrl, s3 }: Engines, engine: 'kafka' | 'redis' | 's3'): boolean {
  return { kafka: kafkaBrokers, redis: redisUrl, s3 }[engine] !== undefined;
}

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { topics } from '@causeway/contracts';
import { openEventBus, type TopicContract } from '@causeway/events';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs } from '@causeway/testing';

const QUIET_MS = 2_000;
const PARTITIONS = 8;

/**
 * Reads every topic from its beginning until nothing more comes.
 * @param brokers `host:port`, comma-separated
 * @returns every event as text, with its key, by topic
 */
export async function readTopics(brokers: string): Promise<Map<string, string>> {
  const { logger } = captureLogs();
  const bus = openEventBus(`kafka://${brokers}`, {
    clientId: 'e2e-reader',
    logger,
    metrics: createMetrics('e2e'),
    partitions: PARTITIONS,
  });
  const read = new Map(topics.map(({ name }) => [name as string, '']));
  let lastAt: number;
  try {
    await Promise.all(
      topics.map((topic) =>
        bus.subscribe({
          topic: topic as TopicContract<unknown>,
          group: `e2e-${randomUUID()}`,
          mode: 'shared',
          handle: async (event) => {
            read.set(topic.name, `${read.get(topic.name) ?? ''}${JSON.stringify(event)}\n`);
            lastAt = performance.now();
          },
          retry: { attempts: 1, backoffMs: 100 },
          onPoison: 'dead-letter',
        }),
      ),
    );
    lastAt = performance.now();
    while (performance.now() - lastAt < QUIET_MS) await delay(100);
    return read;
  } finally {
    await bus.close();
  }
}

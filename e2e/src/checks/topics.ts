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

/**
 * Reads the segment files of every topic as they lie on the broker's disk.
 * @returns their bytes, one character each, by topic
 */
export async function readSegments(broker: {
  run(command: readonly string[]): Promise<string>;
}): Promise<Map<string, string>> {
  const files = await broker.run(['sh', '-c', "find / -xdev -path '*/causeway.*' -name '*.log'"]);
  const segments = new Map<string, string>();
  for (const file of files.split('\n').filter((line) => line !== '')) {
    // The folder of a partition is named after its topic and number.
    const topic = /\/(causeway\.[^/]+)-\d+\/[^/]+$/.exec(file)?.[1] ?? file;
    const bytes = Buffer.from(await broker.run(['base64', '-w0', file]), 'base64').toString('latin1');
    segments.set(topic, (segments.get(topic) ?? '') + bytes);
  }
  return segments;
}

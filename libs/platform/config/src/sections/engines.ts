import { z } from 'zod';
import { defineConfig } from '../section.js';
import { integer, url } from '../values.js';

const memory = z.string().regex(/^memory:[\w-]{1,64}$/, 'must be memory:NAME or a URL with redis://');
const kafka = z
  .string()
  .regex(/^kafka:\/\/[\w.-]+:\d{1,5}(?:,[\w.-]+:\d{1,5})*$/, 'must be kafka://host:port,host:port');

/** The engines behind the ports. Addresses may hold credentials, so they count as secrets. */
export const enginesSection = defineConfig('Engines', {
  DATABASE_URL: {
    schema: url('postgres', 'postgresql'),
    doc: 'PostgreSQL database of the service, with its own role.',
    secret: true,
    example: 'postgres://accounts:password@postgres:5432/causeway',
  },
  EVENTS_URL: {
    schema: z.union([kafka, url('postgres', 'postgresql'), z.literal('postgres:')]).default('postgres:'),
    doc: 'Event log: `kafka://host:port,host:port`, or `postgres:` for the log in the service’s own database.',
    secret: true,
    example: 'kafka://kafka-0:9092,kafka-1:9092',
  },
  EVENTS_PARTITIONS: {
    schema: integer(1, 4_096).default(128),
    doc: 'Partitions of each topic; fixed when the system is installed.',
  },
  COORDINATION_URL: {
    schema: z
      .union([memory, url('redis', 'rediss', 'redis+cluster', 'rediss+cluster')])
      .default('memory:causeway'),
    doc: 'Presence, ephemeral mailboxes, signals and rate limits: a Redis address, a node of a Redis Cluster as `redis+cluster://host:port` (more nodes by `?node=host:port`), or `memory:NAME` within one process.',
    secret: true,
    example: 'redis://redis:6379',
  },
});

import { z } from 'zod';
import { defineConfig } from '../section.js';
import { url } from '../values.js';
import { certificates } from './tls.js';

const memory = z.string().regex(/^memory:[\w-]{1,64}$/, 'must be memory:NAME or a URL with redis://');
/** The engines behind the ports, beside the event log. Addresses may hold credentials, so they count as secrets. */
export const enginesSection = defineConfig('Engines', {
  DATABASE_URL: {
    schema: url('postgres', 'postgresql'),
    doc: 'PostgreSQL database of the service, with its own role.',
    secret: true,
    example: 'postgres://accounts:password@postgres:5432/causeway',
  },
  DATABASE_CA: {
    schema: certificates.optional(),
    doc: 'Authorities of the database’s certificate, PEM, for `sslmode=verify-full` in its address; those of the system by default.',
    file: true,
  },
  COORDINATION_URL: {
    schema: z
      .union([memory, url('redis', 'rediss', 'redis+cluster', 'rediss+cluster')])
      .default('memory:causeway'),
    doc: 'Presence, ephemeral mailboxes, signals and rate limits: a Redis address, a node of a Redis Cluster as `redis+cluster://host:port` (more nodes by `?node=host:port`), or `memory:NAME` within one process.',
    secret: true,
    example: 'redis://redis:6379',
  },
  COORDINATION_CA: {
    schema: certificates.optional(),
    doc: 'Authorities of the Redis server’s certificate, PEM, with `rediss://`; those of the system by default.',
    file: true,
  },
});

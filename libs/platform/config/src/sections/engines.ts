import { z } from 'zod';
import { defineConfig } from '../section.js';
import { url } from '../values.js';
import { certificatesField, pairProblem, privateKeyField } from './tls.js';

const memory = z.string().regex(/^memory:[\w-]{1,64}$/, 'must be memory:NAME or a URL with redis://');
const fields = {
  DATABASE_URL: {
    schema: url('postgres', 'postgresql'),
    doc: 'PostgreSQL database of the service, with its own role.',
    secret: true,
    example: 'postgres://accounts:password@postgres:5432/causeway',
  },
  DATABASE_CA: certificatesField(
    'Authorities of the database’s certificate, PEM, for `sslmode=verify-full` in its address; those of the system by default.',
  ),
  COORDINATION_URL: {
    schema: z
      .union([memory, url('redis', 'rediss', 'redis+cluster', 'rediss+cluster')])
      .default('memory:causeway'),
    doc: 'Presence, ephemeral mailboxes, signals and rate limits: a Redis address, a node of a Redis Cluster as `redis+cluster://host:port` (more nodes by `?node=host:port`), or `memory:NAME` within one process.',
    secret: true,
    example: 'redis://redis:6379',
  },
  COORDINATION_CA: certificatesField(
    'Authorities of the Redis server’s certificate, PEM, with `rediss://`; those of the system by default.',
  ),
  COORDINATION_CERTIFICATE: certificatesField(
    'Certificate of this client with its chain, PEM, for a Redis that asks for one.',
  ),
  COORDINATION_CERTIFICATE_KEY: privateKeyField('Key of that certificate, PEM.'),
} as const;

/** The engines behind the ports, beside the event log. Addresses may hold credentials, so they count as secrets. */
export const enginesSection = defineConfig(
  'Engines',
  fields,
  ({ COORDINATION_CERTIFICATE: certificate, COORDINATION_CERTIFICATE_KEY: key }) =>
    pairProblem(
      ['CAUSEWAY_COORDINATION_CERTIFICATE', 'CAUSEWAY_COORDINATION_CERTIFICATE_KEY'],
      certificate,
      key,
    ),
);

import { z } from 'zod';
import { defineConfig, type FieldValues } from '../section.js';
import { integer, url } from '../values.js';
import { certificatesField, pairProblem, privateKeyField } from './tls.js';

const kafka = z
  .string()
  .regex(
    /^kafka(?:\+ssl)?:\/\/[\w.-]+:\d{1,5}(?:,[\w.-]+:\d{1,5})*$/,
    'must be kafka://host:port,host:port or kafka+ssl://host:port,host:port',
  );

const fields = {
  EVENTS_URL: {
    schema: z.union([kafka, url('postgres', 'postgresql'), z.literal('postgres:')]).default('postgres:'),
    doc: 'Event log: `kafka://host:port,host:port`, `kafka+ssl://…` for TLS, or `postgres:` for the log in the service’s own database.',
    secret: true,
    example: 'kafka+ssl://kafka-0:9093,kafka-1:9093',
  },
  EVENTS_PARTITIONS: {
    schema: integer(1, 4_096).default(128),
    doc: 'Partitions of each topic; fixed when the system is installed.',
  },
  EVENTS_SESSION_TIMEOUT_MS: {
    schema: integer(6_000, 300_000).default(15_000),
    doc: 'Milliseconds without a heartbeat after which Kafka gives a process’s partitions to others; the broker must allow it.',
  },
  EVENTS_CA: certificatesField(
    'Authorities of the brokers’ certificates, PEM, with `kafka+ssl://`; those of the system by default.',
  ),
  EVENTS_CERTIFICATE: certificatesField(
    'Certificate of this client with its chain, PEM, for brokers that ask for one.',
  ),
  EVENTS_CERTIFICATE_KEY: privateKeyField('Key of that certificate, PEM.'),
  EVENTS_SASL_MECHANISM: {
    schema: z
      .enum(['scram-sha-512', 'scram-sha-256', 'plain'], 'must be scram-sha-512, scram-sha-256 or plain')
      .default('scram-sha-512'),
    doc: 'How the user proves the password to the brokers; `plain` only over TLS.',
  },
  EVENTS_USERNAME: {
    schema: z.string().max(256).optional(),
    doc: 'User at the brokers (SASL).',
  },
  EVENTS_PASSWORD: {
    schema: z.string().max(1_024).optional(),
    doc: 'Password of that user.',
    secret: true,
  },
} as const;

type EventLogValues = FieldValues<typeof fields>;

/** Where events are kept and, for Kafka, how a client proves who it is. Every secret may come from a file. */
export const eventLogSection = defineConfig('Event log', fields, misfit);

function misfit(values: EventLogValues): string | undefined {
  const { EVENTS_URL: address, EVENTS_USERNAME: user, EVENTS_PASSWORD: password } = values;
  const { EVENTS_CERTIFICATE: certificate, EVENTS_CERTIFICATE_KEY: key, EVENTS_CA: ca } = values;
  const tls = address.startsWith('kafka+ssl:');
  if (!tls && [ca, certificate, key].some((value) => value !== undefined)) {
    return 'CAUSEWAY_EVENTS_CA, _CERTIFICATE and _CERTIFICATE_KEY need a CAUSEWAY_EVENTS_URL with kafka+ssl://';
  }
  const pair = pairProblem(
    ['CAUSEWAY_EVENTS_CERTIFICATE', 'CAUSEWAY_EVENTS_CERTIFICATE_KEY'],
    certificate,
    key,
  );
  if (pair !== undefined) return pair;
  if ((user === undefined) !== (password === undefined)) {
    return 'CAUSEWAY_EVENTS_USERNAME and CAUSEWAY_EVENTS_PASSWORD go together';
  }
  if (user !== undefined && !address.startsWith('kafka')) {
    return 'CAUSEWAY_EVENTS_USERNAME needs a CAUSEWAY_EVENTS_URL of Kafka';
  }
  if (user !== undefined && !tls && values.EVENTS_SASL_MECHANISM === 'plain') {
    return 'CAUSEWAY_EVENTS_SASL_MECHANISM=plain would send the password in clear text: it needs kafka+ssl://';
  }
  return undefined;
}

/** How a client of Kafka trusts the brokers and proves who it is. */
export interface EventLogCredentials {
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly sasl?: {
    readonly mechanism: 'scram-sha-512' | 'scram-sha-256' | 'plain';
    readonly username: string;
    readonly password: string;
  };
}

/** @returns what the settings of the event log say of credentials, as the event bus takes it */
export function eventLogCredentials(values: EventLogValues): EventLogCredentials {
  const { EVENTS_USERNAME: username, EVENTS_PASSWORD: password, EVENTS_SASL_MECHANISM: mechanism } = values;
  const { EVENTS_CERTIFICATE: certificate, EVENTS_CERTIFICATE_KEY: key, EVENTS_CA: ca } = values;
  return {
    ...(ca !== undefined && { ca }),
    ...(certificate !== undefined && key !== undefined && { certificate, key }),
    ...(username !== undefined && password !== undefined && { sasl: { mechanism, username, password } }),
  };
}

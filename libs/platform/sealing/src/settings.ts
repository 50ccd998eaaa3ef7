import {
  certificatesField,
  defineConfig,
  json,
  privateKeyField,
  remoteKeysProblem,
  url,
} from '@causeway/config';
import { z } from 'zod';
import { WrappingRing } from './wrapping-ring.js';

/** The keys that wrap a service's data keys; read again when their file changes. */
export const wrappingKeysSection = defineConfig('Wrapping keys', {
  WRAPPING_KEY_RING: {
    schema: json(WrappingRing),
    doc: 'Keys that wrap this service’s data keys, with their plan, as `causeway wrapping-keys` writes them; accounts, session and fanout have a ring each.',
    secret: true,
    example:
      '{"version":1,"keys":[{"id":"2026-11-28-1f3a9c0d","key":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=","createdAt":1795824000000,"wrapsFrom":1795824000000}]}',
  },
});

/** The key service of those keys that are not in the ring; read again when its files change. */
export const keyServiceSection = defineConfig(
  'Key service',
  {
    KEY_SERVICE_URL: {
      schema: url('https', 'http').optional(),
      doc: 'Address of the key service that wraps data keys; `http://` only on this machine.',
      example: 'https://kms.example.org/v1/wrap',
    },
    KEY_SERVICE_BEARER: {
      schema: z
        .string()
        .regex(/^[\x21-\x7e]{16,4096}$/)
        .optional(),
      doc: 'Bearer token that the key service knows us by.',
      secret: true,
    },
    KEY_SERVICE_CERTIFICATE: certificatesField('Client certificate that the key service knows us by, PEM.'),
    KEY_SERVICE_PRIVATE_KEY: privateKeyField('Key of that certificate, PEM.'),
    KEY_SERVICE_CA: certificatesField(
      'Authorities of the key service’s certificate, PEM; those of the system by default.',
    ),
  },
  (values) =>
    remoteKeysProblem(
      'CAUSEWAY_KEY_SERVICE',
      {
        url: values.KEY_SERVICE_URL,
        bearer: values.KEY_SERVICE_BEARER,
        certificate: values.KEY_SERVICE_CERTIFICATE,
        privateKey: values.KEY_SERVICE_PRIVATE_KEY,
      },
      {
        anybody: 'who unwraps for anybody unwraps for everybody',
        listener: 'whoever listens on the way gets data keys',
      },
    ),
);

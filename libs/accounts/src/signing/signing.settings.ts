import {
  certificatesField,
  defineConfig,
  json,
  privateKeyField,
  remoteKeysProblem,
  url,
} from '@causeway/config';
import { z } from 'zod';
import { KeyRing } from '../key-ring/key-ring.js';

/** The keys of user tokens; read again when their file changes. */
export const tokenSigningSection = defineConfig('Token signing', {
  TOKEN_KEY_RING: {
    schema: json(KeyRing),
    doc: 'Keys that sign user tokens, with their plan, as `causeway keys` writes them; webhooks publishes their public parts.',
    secret: true,
    example:
      '{"version":1,"keys":[{"kid":"2026-11-28-1f3a9c0d","algorithm":"RS256","publicJwk":{…},"privateJwk":{…},"createdAt":…,"publishedAt":…,"signsFrom":…}],"revoked":[]}',
  },
});

/** The remote signer of those keys whose private part is not in the ring; read again when its files change. */
export const remoteSignerSection = defineConfig(
  'Remote signer',
  {
    TOKEN_SIGNER_URL: {
      schema: url('https', 'http').optional(),
      doc: 'Address of the remote signer; `http://` only on this machine.',
      example: 'https://signer.example.org/v1/sign',
    },
    TOKEN_SIGNER_BEARER: {
      schema: z
        .string()
        .regex(/^[\x21-\x7e]{16,4096}$/)
        .optional(),
      doc: 'Bearer token that the remote signer knows us by.',
      secret: true,
    },
    TOKEN_SIGNER_CERTIFICATE: certificatesField(
      'Client certificate that the remote signer knows us by, PEM.',
    ),
    TOKEN_SIGNER_PRIVATE_KEY: privateKeyField('Key of that certificate, PEM.'),
    TOKEN_SIGNER_CA: certificatesField(
      'Authorities of the remote signer’s certificate, PEM; those of the system by default.',
    ),
  },
  (values) =>
    remoteKeysProblem(
      'CAUSEWAY_TOKEN_SIGNER',
      {
        url: values.TOKEN_SIGNER_URL,
        bearer: values.TOKEN_SIGNER_BEARER,
        certificate: values.TOKEN_SIGNER_CERTIFICATE,
        privateKey: values.TOKEN_SIGNER_PRIVATE_KEY,
      },
      {
        anybody: 'who signs for anybody signs for everybody',
        listener: 'whoever listens on the way could log in as our users',
      },
    ),
);

import { defineConfig, integer, url } from '@causeway/config';
import { z } from 'zod';

/** Settings of the webhooks service. */
export const webhooksSection = defineConfig('Webhooks', {
  IDENTIFIER_HMAC_KEY: {
    schema: z.base64().length(44),
    doc: 'Key under which identifiers are hashed, 32 bytes in base64; the same at accounts and webhooks.',
    secret: true,
    example: 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
  },
  JWKS_FILE: {
    schema: z.string().min(1).max(4096),
    doc: 'File with the public keys that verify our users’ tokens; read again whenever it changes.',
    example: '/etc/causeway/jwks.json',
  },
  HTTP2_PORT: {
    schema: integer(0, 65_535).optional(),
    doc: 'Port on which HTTP/2 is spoken in clear text beside HTTP/1.1 on the other, for a proxy that ends TLS; without one, HTTP/2 needs a certificate.',
    example: '8082',
  },
  PUBLIC_URL: {
    schema: url('https', 'http'),
    doc: 'Address under which the gatekeeper reaches this service; the issuer in the discovery document.',
    example: 'https://causeway.example.org',
  },
});

import { defineConfig, json, url } from '@causeway/config';
import { z } from 'zod';

const key = z.base64().length(44);
const keyExample = 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
const signingKey = z.looseObject({ kty: z.literal('RSA'), kid: z.string().min(1).max(128) });

/** Settings of the accounts service. */
export const accountsSection = defineConfig('Accounts', {
  KEY_ENCRYPTION_KEY: {
    schema: key,
    doc: 'Key that wraps the data keys of users: 32 bytes in base64.',
    secret: true,
    example: keyExample,
  },
  IDENTIFIER_HMAC_KEY: {
    schema: key,
    doc: 'Key of the hashes by which identifiers are found: 32 bytes in base64, the same for accounts and webhooks.',
    secret: true,
    example: keyExample,
  },
  SESSION_URL: {
    schema: url('http', 'https'),
    doc: 'Base address of the session service, which keeps Noise keys.',
    example: 'http://session:8080',
  },
  KEYS_URL: {
    schema: url('http', 'https'),
    doc: 'Base address of the keys service, which keeps published keys.',
    example: 'http://keys:8080',
  },
});

/** The key of user tokens; read again when its file changes. */
export const tokenSigningSection = defineConfig('Token signing', {
  TOKEN_SIGNING_KEY: {
    schema: json(signingKey),
    doc: 'RSA key that signs user tokens, as a private JWK with a `kid`; webhooks publishes its public part, before it is used here.',
    secret: true,
    example:
      '{"kty":"RSA","kid":"2026-11","n":"…","e":"AQAB","d":"…","p":"…","q":"…","dp":"…","dq":"…","qi":"…"}',
  },
});

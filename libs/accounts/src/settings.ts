import { defineConfig, list, url } from '@causeway/config';
import { z } from 'zod';

const key = z.base64().length(44);
const keyExample = 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
const dayNumber = z
  .string()
  .regex(/^[1-9]\d{0,2}$/, 'must be days, whole numbers from 1 to 999')
  .transform(Number);

/** Settings of the accounts service. */
export const accountsSection = defineConfig('Accounts', {
  IDENTIFIER_HMAC_KEY: {
    schema: key,
    doc: 'Key of the hashes by which identifiers are found: 32 bytes in base64, the same for accounts and webhooks.',
    secret: true,
    example: keyExample,
  },
  INACTIVITY_REMINDER_DAYS: {
    schema: list(dayNumber, 10)
      .transform((days) => [...new Set(days)].toSorted((a, b) => a - b))
      .default([20, 27]),
    doc: 'After how many days without a connection a device is woken, so that the gatekeeper does not remove its user. Days that the profile’s `inactivityDays` leaves no room for are passed over.',
    example: '20,27',
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
  FANOUT_URL: {
    schema: url('http', 'https'),
    doc: 'Base address of the fanout service, which keeps what waits for devices.',
    example: 'http://fanout:8080',
  },
  MEDIA_URL: {
    schema: url('http', 'https'),
    doc: 'Base address of the media service, which keeps encrypted blobs.',
    example: 'http://media:8080',
  },
  WEBHOOKS_URL: {
    schema: url('http', 'https'),
    doc: 'Base address of the webhooks service, which keeps calls of gatekeepers.',
    example: 'http://webhooks:8080',
  },
  PROVIDER_CERTIFICATES: {
    schema: list(z.string().regex(/^[\w-]{43}$/, 'must hold SHA-256 thumbprints in base64url')).default([]),
    doc: 'Client certificates by which the provider’s backend is known without an access token, as `x5t#S256` thumbprints separated by commas; needs `CAUSEWAY_MUTUAL_TLS=true`.',
  },
  REGION_HEADER: {
    schema: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be the name of a header in lower case')
      .optional(),
    doc: 'Header in which a proxy of `CAUSEWAY_TRUSTED_PROXIES` names the country of a request (ISO 3166-1, two letters); without it the provider’s backend alone tells.',
    example: 'x-client-country',
  },
});

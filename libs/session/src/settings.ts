import { defineConfig, url } from '@causeway/config';
import { z } from 'zod';

/** Settings of the session service. */
export const sessionSection = defineConfig('Session', {
  NOISE_KEY_ENCRYPTION_KEY: {
    schema: z.base64().length(44),
    doc: 'Key that wraps the data keys of Noise static keys: 32 bytes in base64.',
    secret: true,
    example: 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
  },
  ACCOUNTS_URL: {
    schema: url('http', 'https'),
    doc: 'Base address of the accounts service, which alone mints tokens.',
    example: 'http://accounts:8080',
  },
});

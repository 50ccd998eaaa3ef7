import { defineConfig, url } from '@causeway/config';
import { z } from 'zod';

/** Settings of the session service. */
export const sessionSection = defineConfig('Session', {
  DEDUPE_KEY: {
    schema: z.base64().length(44),
    doc: 'Key of the hashes by which a stanza that comes again is recognised: 32 bytes in base64, the same for every pod and for ever.',
    secret: true,
    example: 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
  },
  ACCOUNTS_URL: {
    schema: url('http', 'https'),
    doc: 'Base address of the accounts service, which alone mints tokens.',
    example: 'http://accounts:8080',
  },
});

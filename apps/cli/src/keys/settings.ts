import { defineConfig, integer } from '@causeway/config';
import { z } from 'zod';

const path = z.string().min(1).max(4096);

/** Where `causeway keys` writes: the variables by which accounts and webhooks find the same files. */
export const keyRingPathsSection = defineConfig('Key ring', {
  TOKEN_KEY_RING_FILE: { schema: path, doc: 'File of the key ring, as accounts reads it.' },
  JWKS_FILE: { schema: path, doc: 'File of the key set, as webhooks reads it.' },
});

/** What `causeway keys` alone reads. */
export const keyRotationSection = defineConfig('Key rotation', {
  TOKEN_KEY_FETCH_SECONDS: {
    schema: integer(0, 2_592_000).default(172_800),
    doc: 'How long a key is published before it signs: the longest time between two fetches of a gatekeeper, with caches and mounts.',
  },
});

import { defineConfig } from '@causeway/config';
import { z } from 'zod';

const path = (service: string) => ({
  schema: z.string().min(1).max(4096),
  doc: `File of the ring of wrapping keys of ${service}, as it reads it.`,
});

/** Where `causeway wrapping-keys` finds the rings. */
export const wrappingRingPathsSection = defineConfig('Rings of wrapping keys', {
  ACCOUNTS_WRAPPING_KEY_RING_FILE: path('accounts'),
  SESSION_WRAPPING_KEY_RING_FILE: path('session'),
  FANOUT_WRAPPING_KEY_RING_FILE: path('fanout'),
});

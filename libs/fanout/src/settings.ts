import { defineConfig } from '@causeway/config';
import { z } from 'zod';

const wakeUrl = z
  .string()
  .refine(
    (text) => text === 'log:' || /^https?:$/.test(URL.parse(text)?.protocol ?? ''),
    'must be log: or a URL with https://',
  );

/** Settings of the fanout service. */
export const fanoutSection = defineConfig(
  'Fanout',
  {
    WAKE_URL: {
      schema: wakeUrl.default('log:'),
      doc: 'Where sleeping devices are woken: `log:`, or the provider’s webhook, called with Standard Webhooks headers.',
      example: 'https://push.example.org/wake',
    },
    WAKE_SECRET: {
      schema: z.base64().min(32).optional(),
      doc: 'Secret that signs wakes, base64 of at least 24 bytes.',
      secret: true,
      example: 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
    },
  },
  ({ WAKE_URL, WAKE_SECRET }) =>
    WAKE_URL !== 'log:' && WAKE_SECRET === undefined
      ? 'CAUSEWAY_WAKE_URL needs CAUSEWAY_WAKE_SECRET'
      : undefined,
);

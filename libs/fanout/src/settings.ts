import { createECDH } from 'node:crypto';
import { certificatesField, defineConfig, list } from '@causeway/config';
import { z } from 'zod';

const wakeUrl = z
  .string()
  .refine(
    (text) => text === 'log:' || /^https?:$/.test(URL.parse(text)?.protocol ?? ''),
    'must be log: or a URL with https://',
  );

function isKeyOfP256(text: string): boolean {
  try {
    createECDH('prime256v1').setPrivateKey(Buffer.from(text, 'base64url'));
    return true;
  } catch {
    return false;
  }
}

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
    WAKE_CA: certificatesField(
      'Authorities of the provider’s webhook’s certificate, PEM; those of the system by default.',
    ),
    WEB_PUSH_KEY: {
      schema: z.base64url().length(43).refine(isKeyOfP256, 'must be a private key of P-256').optional(),
      doc: 'Private key of P-256 by which push services know this deployment (VAPID), 32 bytes in base64url. Devices subscribe with its public half: another key makes them subscribe again. Without it nobody is woken by Web Push.',
      secret: true,
      example: 'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA',
    },
    WEB_PUSH_SUBJECT: {
      schema: z
        .string()
        .regex(/^(mailto:\S+@\S+|https:\/\/\S+)$/, 'must be mailto: or https://')
        .optional(),
      doc: 'Contact that push services are given: `mailto:` or `https://`.',
      example: 'mailto:operations@example.org',
    },
    WEB_PUSH_HOSTS: {
      schema: list(z.string().min(1).max(255)).default([
        'fcm.googleapis.com',
        'updates.push.services.mozilla.com',
        '*.push.apple.com',
        '*.notify.windows.com',
      ]),
      doc: 'Hosts of push services that devices may name, separated by commas; `*.` stands for every name below.',
    },
  },
  ({ WAKE_URL, WAKE_SECRET, WAKE_CA, WEB_PUSH_KEY, WEB_PUSH_SUBJECT }) => {
    if (WAKE_CA !== undefined && !WAKE_URL.startsWith('https:'))
      return 'CAUSEWAY_WAKE_CA is not used without https:// in CAUSEWAY_WAKE_URL';
    if (WAKE_URL !== 'log:' && WAKE_SECRET === undefined)
      return 'CAUSEWAY_WAKE_URL needs CAUSEWAY_WAKE_SECRET';
    return (WEB_PUSH_KEY === undefined) === (WEB_PUSH_SUBJECT === undefined)
      ? undefined
      : 'CAUSEWAY_WEB_PUSH_KEY and CAUSEWAY_WEB_PUSH_SUBJECT belong together';
  },
);

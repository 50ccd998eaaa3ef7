import { defineConfig, eventLogSection, json, url, type ConfigValues } from '@causeway/config';
import { z } from 'zod';
import { serviceNames } from './service-names.js';

/** Twelve characters and ASCII: PostgreSQL then stores it as it is typed. */
const password = z.string().regex(/^[\x20-\x7e]{12,256}$/);

/** Settings of `causeway migrate`, which alone has an administrator's rights. */
export const migrationSections = [
  defineConfig('Migration', {
    ADMIN_DATABASE_URL: {
      schema: url('postgres', 'postgresql'),
      doc: 'PostgreSQL database of the deployment, as a role that owns it and may create roles.',
      secret: true,
      example: 'postgres://admin:password@postgres:5432/causeway',
    },
    ROLE_PASSWORDS: {
      schema: json(z.record(z.enum(serviceNames), password)),
      doc: 'Password of each service’s database role: a JSON object of six, 12 to 256 printable ASCII characters each.',
      secret: true,
      example: '{"accounts":"…","keys":"…","session":"…","fanout":"…","media":"…","webhooks":"…"}',
    },
  }),
  eventLogSection,
] as const;

export type MigrationSettings = ConfigValues<typeof migrationSections>;

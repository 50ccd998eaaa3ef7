import {
  defineConfig,
  enginesSection,
  eventLogSection,
  json,
  url,
  type ConfigValues,
} from '@causeway/config';
import { z } from 'zod';
import { serviceNames } from './service-names.js';

/** Twelve characters and ASCII: PostgreSQL then stores it as it is typed. */
const password = z.string().regex(/^[\x20-\x7e]{12,256}$/);

const passwords = json(z.record(z.enum(serviceNames), password));
const passwordsExample = '{"accounts":"…","keys":"…","session":"…","fanout":"…","media":"…","webhooks":"…"}';

const ADMIN_DATABASE_URL = {
  schema: url('postgres', 'postgresql'),
  doc: 'PostgreSQL database of the deployment, as a role that owns it and may create roles.',
  secret: true,
  example: 'postgres://admin:password@postgres:5432/causeway',
} as const;

const { DATABASE_CA, COORDINATION_CA, COORDINATION_CERTIFICATE, COORDINATION_CERTIFICATE_KEY } =
  enginesSection.fields;

/** How services are named in the broker's access lists. */
export const accessListsSection = defineConfig('Access lists', {
  EVENTS_ACL_PRINCIPAL: {
    schema: z
      .string()
      .max(256)
      .regex(/^User:[^']*\{service\}[^']*$/, 'must be User: and a name with {service} in it, without quotes')
      .optional(),
    doc: 'Name of a service’s principal at Kafka, with `{service}` for the service’s; when it is set, the broker’s access lists for the six are brought to the grant table.',
    example: 'User:causeway_{service}',
  },
});

/** Settings of `causeway migrate`, which alone has an administrator's rights. */
export const migrationSections = [
  defineConfig('Migration', {
    ADMIN_DATABASE_URL,
    DATABASE_CA,
    ROLE_PASSWORDS: {
      schema: passwords,
      doc: 'Password of each service’s database role: a JSON object of six, 12 to 256 printable ASCII characters each.',
      secret: true,
      example: passwordsExample,
    },
  }),
  eventLogSection,
  accessListsSection,
  defineConfig(
    'Coordination',
    {
      ADMIN_COORDINATION_URL: {
        schema: url('redis', 'rediss', 'redis+cluster', 'rediss+cluster').optional(),
        doc: 'Redis, as a user that may use `ACL`; when it is set, the users of the six services are made there.',
        secret: true,
        example: 'redis://admin:password@redis:6379',
      },
      COORDINATION_CA,
      COORDINATION_CERTIFICATE,
      COORDINATION_CERTIFICATE_KEY,
      COORDINATION_PASSWORDS: {
        schema: passwords.optional(),
        doc: 'Password of each service’s Redis user, as for the database.',
        secret: true,
        example: passwordsExample,
      },
    },
    ({ ADMIN_COORDINATION_URL, COORDINATION_PASSWORDS }) =>
      (ADMIN_COORDINATION_URL === undefined) === (COORDINATION_PASSWORDS === undefined)
        ? undefined
        : 'CAUSEWAY_ADMIN_COORDINATION_URL and CAUSEWAY_COORDINATION_PASSWORDS belong together',
  ),
] as const;

export type MigrationSettings = ConfigValues<typeof migrationSections>;

const operation = defineConfig('Operation', { ADMIN_DATABASE_URL, DATABASE_CA });

/** Settings of `causeway gatekeepers`. */
export const switchSections = [operation] as const;

/** Settings of `causeway dlq`: of those above what an operator needs. */
export const operationSections = [operation, eventLogSection] as const;

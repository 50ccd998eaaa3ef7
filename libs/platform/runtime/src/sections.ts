import {
  enginesSection,
  eventLogSection,
  httpSection,
  integer,
  oidcSection,
  processSection,
  profilesSection,
  serviceIdentitySection,
  tlsSection,
  defineConfig,
} from '@causeway/config';

const poolSection = defineConfig('Database pool', {
  DATABASE_POOL_SIZE: {
    schema: integer(2, 200).default(10),
    doc: 'Connections that this process keeps to PostgreSQL, beside the one that listens.',
  },
});

/** Settings that every service has. */
export const sharedSections = [
  processSection,
  httpSection,
  tlsSection,
  enginesSection,
  eventLogSection,
  poolSection,
  serviceIdentitySection,
  oidcSection,
  profilesSection,
] as const;

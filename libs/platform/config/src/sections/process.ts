import { z } from 'zod';
import { defineConfig } from '../section.js';
import { flag, list } from '../values.js';
import { certificatesField } from './tls.js';

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const profileName = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'must hold names of profiles');

/** What every process has. */
export const processSection = defineConfig(
  'Process',
  {
    NODE_ENV: {
      schema: z
        .enum(['production', 'development', 'test'], 'must be production, development or test')
        .default('production'),
      doc: 'Kind of deployment.',
      variable: 'NODE_ENV',
    },
    DEVELOPMENT: {
      schema: flag().default(false),
      doc: 'Allows development parts: private addresses and clear-text hosts outbound, the simulator, the development identity provider.',
    },
    FAILPOINTS_FILE: {
      schema: z.string().min(1).max(4_096).optional(),
      doc: 'File that a test writes the name of a failpoint to: the process that passes this point kills itself. Needs `CAUSEWAY_DEVELOPMENT=true`.',
    },
    RELEASE: {
      schema: z
        .string()
        .regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, hyphens or underscores')
        .optional(),
      doc: 'Which release of the deployment the process is of, as the hash of its pod template: sessions then move twice at most when a new one takes its place. The same for all pods that are started alike.',
      example: '6c54bd5869',
    },
    LOG_LEVEL: {
      schema: z.enum(levels, `must be one of ${levels.join(', ')}`).default('info'),
      doc: 'Least severe log record that is written.',
    },
  },
  ({ NODE_ENV, DEVELOPMENT, FAILPOINTS_FILE }) => {
    if (DEVELOPMENT && NODE_ENV === 'production') {
      return 'CAUSEWAY_DEVELOPMENT=true needs NODE_ENV=development or test';
    }
    return FAILPOINTS_FILE !== undefined && !DEVELOPMENT
      ? 'CAUSEWAY_FAILPOINTS_FILE needs CAUSEWAY_DEVELOPMENT=true'
      : undefined;
  },
);

/** The gatekeepers that are served. */
export const profilesSection = defineConfig('Gatekeeper profiles', {
  PROFILES_DIR: {
    schema: z.string().min(1).max(4_096).default('deploy/profiles'),
    doc: 'Folder of the profile files.',
  },
  PROFILES: {
    schema: list(profileName).default(['simulator']),
    doc: 'Names of the profiles in use, separated by commas.',
    example: 'whatsapp',
  },
  GATEKEEPER_CA: certificatesField(
    'Authorities of the certificates that gatekeepers show (chat server, enlistment, media, keys of their tokens), PEM; those of the system by default. A profile may name others for its XMPP server.',
  ),
});

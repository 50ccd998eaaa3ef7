import { defineConfig, type ConfigSection, type FieldValues } from '../section.js';
import { enginesSection } from './engines.js';
import { eventLogSection } from './event-log.js';
import { oidcSection } from './identity.js';
import { profilesSection } from './process.js';
import { pairProblem } from './tls.js';

const { DATABASE_CA, COORDINATION_CA, COORDINATION_CERTIFICATE, COORDINATION_CERTIFICATE_KEY } =
  enginesSection.fields;
const { EVENTS_CA, EVENTS_CERTIFICATE, EVENTS_CERTIFICATE_KEY } = eventLogSection.fields;

const fields = {
  DATABASE_CA,
  COORDINATION_CA,
  COORDINATION_CERTIFICATE,
  COORDINATION_CERTIFICATE_KEY,
  EVENTS_CA,
  EVENTS_CERTIFICATE,
  EVENTS_CERTIFICATE_KEY,
  OIDC_CA: oidcSection.fields.OIDC_CA,
  GATEKEEPER_CA: profilesSection.fields.GATEKEEPER_CA,
} as const;

/** With what a service trusts those that it calls, and shows itself to them. */
export type OutboundCertificates = FieldValues<typeof fields>;

/**
 * The certificates of several sections as one that is read again when a file changes; their addresses are not, which
 * stay as they were at the start.
 */
export const outboundCertificatesSection: ConfigSection<typeof fields> = defineConfig(
  'Outbound certificates',
  fields,
  (values) =>
    pairProblem(
      ['CAUSEWAY_COORDINATION_CERTIFICATE', 'CAUSEWAY_COORDINATION_CERTIFICATE_KEY'],
      values.COORDINATION_CERTIFICATE,
      values.COORDINATION_CERTIFICATE_KEY,
    ) ??
    pairProblem(
      ['CAUSEWAY_EVENTS_CERTIFICATE', 'CAUSEWAY_EVENTS_CERTIFICATE_KEY'],
      values.EVENTS_CERTIFICATE,
      values.EVENTS_CERTIFICATE_KEY,
    ),
);

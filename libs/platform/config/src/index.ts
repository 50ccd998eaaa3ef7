export { LiveSection } from './live-section.js';
export { ConfigError, type ConfigProblem } from './config.errors.js';
export {
  processEnvironment,
  readConfig,
  type ConfigValues,
  type Environment,
  type ReadOptions,
} from './read.js';
export { renderReference, renderSample } from './render.js';
export {
  defineConfig,
  type ConfigField,
  type ConfigFields,
  type ConfigSection,
  type CrossCheck,
  type FieldValues,
} from './section.js';
export { enginesSection } from './sections/engines.js';
export { eventLogCredentials, eventLogSection, type EventLogCredentials } from './sections/event-log.js';
export {
  oidcSection,
  serviceIdentitySection,
  type ServiceKeySet,
  type ServicePrivateKey,
  type ServicePublicKey,
} from './sections/identity.js';
export { httpSection } from './sections/network.js';
export { processSection, profilesSection } from './sections/process.js';
export { outboundCertificatesSection, type OutboundCertificates } from './sections/certificates.js';
export {
  certificatesField,
  firstExpiryMs,
  pairProblem,
  privateKeyField,
  tlsSection,
} from './sections/tls.js';
export { remoteKeysProblem, type RemoteKeyAccess } from './sections/remote-keys.js';
export { flag, integer, json, list, url } from './values.js';

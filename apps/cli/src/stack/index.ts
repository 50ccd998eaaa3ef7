export { migrate } from '../commands/migrate.js';
export { Terminal } from '../output/terminal.js';
export { coordinationCalls } from '../grants/coordination-calls.js';
export { grantTable, type ServiceGrants } from '../grants/grant-table.js';
export { redisUrlAs, redisUsersFile } from '../grants/redis-users.js';
export { keyRotationSection } from '../keys/settings.js';
export { startIdentityProvider } from '../identity-provider/identity-provider.js';
export { startWakeReceiver, type WakeReceiver } from '../provider/wake-receiver.js';
export { prepareDatabase, startDatabase, urlAsRole } from './database.js';
export { loadDevelopmentKeys, publicJwk, type DevelopmentKeys } from './development-keys.js';
export type { StackEndpoints } from './endpoints.js';
export {
  eventPartitions,
  serviceEnvironments,
  serviceUrl,
  type EnvironmentOptions,
  type ServiceEnvironments,
  type StackEngines,
} from './environments.js';
export { prepareKeyRing } from './key-ring.js';
export { wrappingRingPathsSection } from '../wrapping-keys/settings.js';
export { prepareWrappingRings } from './wrapping-rings.js';
export { migrationSections } from './migration-settings.js';
export { stackPorts, type StackPorts } from './ports.js';
export { serviceNames } from './service-names.js';
export { stackFolders } from './folders.js';
export { startServices } from './services.js';
export { startStack, type Stack, type StackOptions } from './stack.js';
export { startStackSimulator, writeSimulatorProfile, type Custody } from './simulator.js';

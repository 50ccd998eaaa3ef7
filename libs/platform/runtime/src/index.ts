export type { ServiceIdentity } from './identity.js';
export { sharedSections } from './sections.js';
export type { ServiceContext, ServiceDefinition, ServiceName, SharedSettings } from './service.js';
export { runService } from './run-service.js';
export { startService, type RunningService, type StartOptions } from './start-service.js';

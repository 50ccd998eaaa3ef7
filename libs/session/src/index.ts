export { sessionSealedTables } from './noise-keys/sealed-tables.js';
export { sessionSection } from './settings.js';
export { listSessions, type ListedSession } from './operations/list-sessions.js';
export { Rests } from './rests/rests.js';
export { sessionDependencies } from './session-dependencies.js';
export { sessionService } from './session.service.js';
export { createSessionMetrics } from './sessions/session-metrics.js';
export { SessionRegistry } from './sessions/session-registry.js';
export { initialSessionState, sessionTransitions } from './sessions/session-state.js';
export {
  conflicts,
  loginFailures,
  pauseReasons,
  streamErrors,
  upstreamAdvice,
  upstreamEndings,
} from '@causeway/transport';

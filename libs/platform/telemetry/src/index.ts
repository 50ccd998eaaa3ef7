export {
  createLogger,
  logLevels,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  type LogMethod,
} from './logs/logger.js';
export { serializeError, type SerializedError } from './logs/serialize-error.js';
export type { Labels } from './metrics/label-guard.js';
export { MetricsError, type MetricsErrorCode } from './metrics/metrics.errors.js';
export {
  createMetrics,
  type Counter,
  type Gauge,
  type Histogram,
  type Metrics,
  type MetricsOptions,
} from './metrics/metrics.js';
export { withSpan } from './tracing/span.js';
export { currentTraceparent, isTraceparent, runWithTraceparent } from './tracing/traceparent.js';

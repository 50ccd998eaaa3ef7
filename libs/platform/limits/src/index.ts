export type { Limit, LimitUnit, RateLimit } from './limit.js';
export { limits, type LimitName } from './limits.js';
export { rateLimits, type RateLimitName } from './rates.js';
export { renderLimits } from './render.js';

import { defineErrors } from './errors/index.js';

/** Codes that every service can answer with. */
export const platformErrors = defineErrors({
  bad_request: { status: 400, meaning: 'The request is malformed.' },
  validation_failed: { status: 400, meaning: 'The request does not have the form of the contract.' },
  unauthorized: { status: 401, meaning: 'The access token is missing, expired or not good here.' },
  forbidden: { status: 403, meaning: 'The caller may not do this.' },
  not_found: { status: 404, meaning: 'There is nothing at this address.' },
  method_not_allowed: { status: 405, meaning: 'The address does not know this method.' },
  body_too_large: { status: 413, meaning: 'The request’s body is larger than allowed.' },
  unsupported_media_type: {
    status: 415,
    meaning: 'The request’s body has a type that is not understood here.',
  },
  too_many_requests: {
    status: 429,
    meaning: 'The caller is over a limit; Retry-After says when to come back.',
  },
  internal_error: { status: 500, meaning: 'The service failed; the request id finds it in the logs.' },
  unavailable: { status: 503, meaning: 'The service is draining, or an engine it needs does not answer.' },
});

/** The codes that the HTTP layer itself answers with; the catalogue composes them with the owners' own. */
export const httpErrors = {
  malformed_request: { status: 400, meaning: 'The request is not proper HTTP.' },
  malformed_json: { status: 400, meaning: 'The body is not JSON, or holds a forbidden key.' },
  invalid_request: {
    status: 400,
    meaning: 'The body, path or query does not have the documented form; `fields` says where.',
  },
  unauthenticated: { status: 401, meaning: 'There is no acceptable token.' },
  token_expired: { status: 401, meaning: 'The access token has expired: get a new one.' },
  insufficient_user_authentication: {
    status: 401,
    meaning:
      'The user proved who she is too long ago for this: let her sign in again, `WWW-Authenticate` says how fresh it must be.',
  },
  client_certificate_required: {
    status: 401,
    meaning: 'Internal routes want a client certificate, and the connection showed none.',
  },
  client_certificate_refused: {
    status: 401,
    meaning: 'The client certificate has expired, or is of an authority that is not believed here.',
  },
  service_token_used: {
    status: 401,
    meaning:
      'The caller’s token has been used before, or whether it has cannot be told: call again with a new one.',
  },
  forbidden: { status: 403, meaning: 'The caller may not do this.' },
  not_found: { status: 404, meaning: 'There is nothing at this address.' },
  method_not_allowed: {
    status: 405,
    meaning: 'The address does not know this method; `Allow` names those it knows.',
  },
  request_timeout: { status: 408, meaning: 'The request did not arrive in time.' },
  conflict: { status: 409, meaning: 'The request does not fit the present state.' },
  payload_too_large: { status: 413, meaning: 'The body is larger than the address accepts.' },
  uri_too_long: { status: 414, meaning: 'A part of the address is too long.' },
  unsupported_media_type: { status: 415, meaning: 'The address does not accept a body of this type.' },
  rate_limited: { status: 429, meaning: 'Too many requests; `Retry-After` says when to go on.' },
  headers_too_large: { status: 431, meaning: 'The headers are larger than accepted.' },
  internal: { status: 500, meaning: 'Something failed here; the request id finds it in the logs.' },
  unavailable: { status: 503, meaning: 'Something that the request needs does not answer now; try again.' },
} as const satisfies Record<string, { readonly status: number; readonly meaning: string }>;

export type HttpErrorCode = keyof typeof httpErrors;

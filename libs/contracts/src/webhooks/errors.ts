import { defineErrors } from '../errors/index.js';

export const webhooksErrors = defineErrors({
  push_unauthorized: {
    status: 401,
    meaning: 'The bearer token is not one that the gatekeeper signed for this service.',
  },
  push_gatekeeper_unknown: { status: 404, meaning: 'No profile of that name is loaded.' },
  push_unavailable: { status: 503, meaning: 'The call could not be recorded; call again.' },
});

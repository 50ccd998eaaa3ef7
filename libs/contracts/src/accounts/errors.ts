import { defineErrors } from '../errors/index.js';

export const accountsErrors = defineErrors({
  device_unknown: { status: 404, meaning: 'The caller has no such device.' },
  device_limit_reached: { status: 409, meaning: 'The user already has as many devices as are allowed.' },
  gatekeeper_unknown: { status: 404, meaning: 'No profile of that name is loaded.' },
  opt_in_unknown: { status: 404, meaning: 'The device has no opt-in to this gatekeeper.' },
  opt_in_on_other_device: {
    status: 409,
    meaning: 'Another device of the user is the interop device of this gatekeeper; withdraw there first.',
  },
  opt_in_being_deleted: {
    status: 409,
    meaning: 'The earlier opt-in waits for the gatekeeper to confirm its deletion.',
  },
  opt_in_differs: {
    status: 409,
    meaning: 'The device has opted in under another identifier; withdraw that opt-in first.',
  },
  identifier_not_proven: {
    status: 422,
    meaning: 'The access token proves no identifier of the wanted kind that the profile accepts.',
  },
  identifier_in_use: { status: 409, meaning: 'Another user is enlisted under this identifier.' },
  keys_not_published: { status: 409, meaning: 'Publish the device’s keys before opting in.' },
  enlistment_refused: {
    status: 502,
    meaning: 'The gatekeeper refused the enlistment; `lastErrorCode` says why. Opt in again to try again.',
  },
  enlistment_unreachable: {
    status: 503,
    meaning: 'The gatekeeper could not be asked; the enlistment is tried again by itself.',
  },
  enlistment_not_expected: {
    status: 409,
    meaning: 'The device has no enlistment of its own under way: opt in with `connection` first.',
  },
  login_invalid: {
    status: 422,
    meaning: 'That is no login of this gatekeeper for us, or it is another user’s.',
  },
  noise_key_missing: {
    status: 422,
    meaning: 'At this gatekeeper the device connects itself: opt in with `connection`.',
  },
  token_denied: {
    status: 403,
    meaning: 'No token is minted: not enlisted, wrong purpose, suspended, or the device is offline.',
  },
  gatekeeper_stopped: {
    status: 503,
    meaning: 'The provider has stopped everything at this gatekeeper for now; try again later.',
  },
  user_suspended: { status: 403, meaning: 'The user is suspended.' },
});

import { defineErrors } from '../errors/index.js';

export const accountsErrors = defineErrors({
  device_unknown: { status: 404, meaning: 'The caller has no such device.' },
  device_limit_reached: { status: 409, meaning: 'The user already has as many devices as are allowed.' },
  gatekeeper_unknown: { status: 404, meaning: 'No profile of that name is loaded.' },
  opt_in_unknown: { status: 404, meaning: 'The device has no opt-in to this gatekeeper.' },
  opt_in_on_other_device: {
    status: 409,
    meaning:
      'Another device of the user is the interop device of this gatekeeper: withdraw there first, or ask with `replaceDevice`.',
  },
  interop_device_replaced: {
    status: 409,
    meaning: 'Another device of the user took over as the interop device of this gatekeeper.',
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
    meaning:
      'Neither the access token nor the provider proves an identifier of the wanted kind that the profile accepts, or the proof is outdated: get a new token.',
  },
  identifier_invalid: {
    status: 422,
    meaning: 'The identifier is not one of this kind in a form that is accepted.',
  },
  identifier_limit_reached: {
    status: 409,
    meaning: 'The user already has as many identifiers as are allowed.',
  },
  identifier_not_ready: {
    status: 409,
    meaning: 'The identifier cannot be used with this gatekeeper yet: opt in again later.',
  },
  identifier_unknown: { status: 404, meaning: 'The user has no identifier of this kind.' },
  region_unproven: {
    status: 403,
    meaning: 'Nothing recent says in which country the user is, and the gatekeeper asks for it.',
  },
  region_not_eligible: {
    status: 403,
    meaning: 'The user is, or was for too long, outside the region that the gatekeeper serves.',
  },
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
  deletion_not_expected: {
    status: 409,
    meaning:
      'The device has no deletion of its own to report: withdraw first; in mode `proxy` the gatekeeper’s answer comes to us.',
  },
  connection_mode_differs: {
    status: 422,
    meaning: 'The provider has chosen another mode for this user; `fields` says which to opt in with.',
  },
  connection_mode_changed: {
    status: 409,
    meaning: 'The provider has chosen another mode for this user: opt in again with it.',
  },
  connection_mode_busy: {
    status: 409,
    meaning: 'The user is being enlisted in another mode: set the mode again when that has ended.',
  },
  login_invalid: {
    status: 422,
    meaning: 'That is no login of this gatekeeper for us, or it is another user’s.',
  },
  noise_key_missing: {
    status: 422,
    meaning:
      'At this gatekeeper the device connects itself, or keeps its Noise key: opt in with `connection`.',
  },
  noise_key_not_taken: {
    status: 422,
    meaning:
      'At this gatekeeper we keep the Noise key of who connects through us: opt in without `connection`.',
  },
  token_denied: {
    status: 403,
    meaning: 'No token is minted: not enlisted, wrong purpose, suspended, or the device is offline.',
  },
  gatekeeper_stopped: {
    status: 503,
    meaning: 'The provider has stopped everything at this gatekeeper for now; try again later.',
  },
  token_too_long: {
    status: 422,
    meaning:
      'The token would be longer than the gatekeeper takes: issuer, audience or identifier are too long.',
  },
  token_unsigned: {
    status: 503,
    meaning: 'No key signs user tokens at the moment, or the remote signer does not answer; try again.',
  },
  user_suspended: { status: 403, meaning: 'The user is suspended.' },
  user_unknown: { status: 404, meaning: 'There is no such user, or nothing is kept about her any more.' },
  erasure_unknown: { status: 404, meaning: 'The erasure of this user was never asked for.' },
  erasure_running: { status: 409, meaning: 'The user is being erased; nothing else can be changed.' },
});

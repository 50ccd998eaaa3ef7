import { defineErrors } from '../errors/index.js';

export const fanoutErrors = defineErrors({
  socket_device_unknown: { status: 404, meaning: 'The caller has no such device.' },
  socket_limit_reached: {
    status: 503,
    meaning: 'The pod holds as many sockets as are allowed; try another.',
  },
  frame_invalid: { status: 400, meaning: 'A frame on the socket is not one of the contract.' },
  not_enlisted: {
    status: 403,
    meaning: 'The device’s user has not opted in to this gatekeeper, or has left.',
  },
  too_many_in_flight: {
    status: 429,
    meaning: 'More commands wait for an answer than are allowed; send again later.',
  },
  too_many_messages: {
    status: 429,
    meaning: 'The user sends faster than is allowed; send again later with the same id.',
  },
  too_many_new_peers: {
    status: 429,
    meaning: 'The user writes to more new people than is allowed; send again later with the same id.',
  },
  too_many_queries: {
    status: 429,
    meaning: 'The user has asked about more peers than are allowed; ask again later.',
  },
  revocations_unreadable: {
    status: 503,
    meaning: 'Whether the device may still send cannot be checked; send again later with the same id.',
  },
  lane_parked: {
    status: 503,
    meaning: 'An event about the user waits to be handled; send again later with the same id.',
  },
  send_unavailable: {
    status: 503,
    meaning: 'The command could not be passed on; send again with the same id.',
  },
  web_push_off: { status: 404, meaning: 'This deployment does not wake devices by Web Push.' },
  web_push_endpoint_refused: {
    status: 400,
    meaning: 'The endpoint is not one of a push service that this deployment calls.',
  },
});

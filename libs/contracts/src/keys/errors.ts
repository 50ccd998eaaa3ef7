import { defineErrors } from '../errors/index.js';

export const keysErrors = defineErrors({
  keys_device_unknown: { status: 404, meaning: 'The caller has no such device.' },
  keys_unknown: { status: 404, meaning: 'The device has published no keys for this gatekeeper.' },
  signature_invalid: { status: 422, meaning: 'The signed prekey is not signed by the identity key.' },
  prekey_id_reused: { status: 409, meaning: 'A prekey id was published before with another key.' },
  prekey_pool_full: { status: 409, meaning: 'As many unused one-time prekeys wait as are allowed.' },
});

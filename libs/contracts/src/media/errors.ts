import { defineErrors } from '../errors/index.js';

export const mediaErrors = defineErrors({
  media_unknown: { status: 404, meaning: 'No blob is readable under this reference.' },
  media_device_unknown: { status: 404, meaning: 'The caller has no such device.' },
  media_not_enlisted: { status: 403, meaning: 'The user has not opted in to this gatekeeper, or has left.' },
  media_metadata_invalid: {
    status: 400,
    meaning: 'The upload’s metadata is missing or not of the contract.',
  },
  media_too_large: { status: 413, meaning: 'The blob is larger than the profile allows.' },
  media_hash_wrong: { status: 422, meaning: 'The uploaded bytes do not have the hash that was announced.' },
  media_range_invalid: {
    status: 416,
    meaning: 'The Range header asks for bytes that are not there, or for several ranges.',
  },
  relay_unavailable: { status: 502, meaning: 'The gatekeeper’s media host did not deliver the file.' },
  relay_path_refused: { status: 400, meaning: 'The path is not one of the gatekeeper’s media host.' },
});

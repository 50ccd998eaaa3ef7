/** Why the device's file cannot be used, or refuses to take more. */
export type StoreErrorCode =
  | 'store_in_use'
  | 'store_of_other_gatekeeper'
  | 'store_version_unknown'
  | 'store_unusable'
  | 'outgoing_queue_full'
  | 'stanza_id_used';

const messages: Record<StoreErrorCode, string> = {
  store_in_use: 'Another process or object has opened this device',
  store_of_other_gatekeeper: 'The file belongs to the device of another gatekeeper',
  store_version_unknown: 'The file was written by a newer version',
  store_unusable: 'The file cannot be opened as a device store',
  outgoing_queue_full: 'As many messages wait to be sent as are allowed',
  stanza_id_used: 'A message with this id was sent before',
};

/** The one error of the store. */
export class StoreError extends Error {
  override readonly name = 'StoreError';

  constructor(readonly code: StoreErrorCode) {
    super(messages[code]);
  }
}

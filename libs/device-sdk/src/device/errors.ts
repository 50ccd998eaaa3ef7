/** Why the device refuses a command, besides the codes of its parts. */
export type DeviceErrorCode =
  | 'not_registered'
  | 'not_connected'
  | 'connect_timeout'
  | 'session_refused'
  | 'identity_changed'
  | 'recipient_invalid'
  | 'content_missing'
  | 'opt_in_refused'
  | 'opt_in_timeout'
  | 'opt_out_timeout'
  | 'too_busy';

const messages: Record<DeviceErrorCode, string> = {
  not_registered: 'The device is not registered yet',
  not_connected: 'There is no session with the gatekeeper',
  connect_timeout: 'The session with the gatekeeper was not open in time; the device goes on trying',
  session_refused: 'The session with the gatekeeper was refused',
  identity_changed: 'The identity key of the recipient has changed; accept it first',
  recipient_invalid: 'The recipient is not an address of the gatekeeper',
  content_missing: 'The command lacks a text, a file or an id',
  opt_in_refused: 'The gatekeeper did not enlist the user',
  opt_in_timeout: 'The enlistment was not finished in time; it goes on by itself',
  opt_out_timeout: 'The deletion was not confirmed in time; it goes on by itself',
  too_busy: 'More operations wait than are allowed',
};

/** An error of the device itself. `reason` is the code of another party, where there is one. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';

  constructor(
    readonly code: DeviceErrorCode,
    readonly reason?: string,
  ) {
    super(messages[code]);
  }
}

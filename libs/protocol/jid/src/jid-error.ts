/** Why a text is not a JID. The message never repeats the text. */
export type JidErrorCode =
  'not_a_jid' | 'unknown_server' | 'bad_user' | 'bad_agent' | 'bad_device' | 'bad_integrator';

/** The one error of this library. */
export class JidError extends Error {
  override readonly name = 'JidError';

  constructor(readonly code: JidErrorCode) {
    super(`not a JID: ${code}`);
  }
}

/** Why there is no connection to the gatekeeper, or no answer on it. */
export type ChatErrorCode =
  | 'chat_unreachable'
  | 'chat_refused'
  | 'server_not_authentic'
  | 'login_refused'
  | 'chat_lost'
  | 'query_timeout'
  | 'query_refused';

/** An error of the device's own connection to the gatekeeper. `reason` is the code of the other side, where there is one. */
export class ChatError extends Error {
  override readonly name = 'ChatError';

  constructor(
    readonly code: ChatErrorCode,
    readonly reason?: string,
  ) {
    super(reason === undefined ? code : `${code}: ${reason}`);
  }
}

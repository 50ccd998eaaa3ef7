/** What can go wrong inside the simulator, as a closed list. */
export type SimulatorErrorCode =
  | 'production'
  | 'not_loopback'
  | 'invalid_option'
  | 'malformed_stanza'
  | 'stanza_too_large'
  | 'frame_too_large'
  | 'noise_failed'
  | 'login_malformed'
  | 'queue_full'
  | 'media_unknown'
  | 'media_too_large'
  | 'media_fetch_failed';

/** An error with a stable code; its message never holds an identifier, a JID or content. */
export class SimulatorError extends Error {
  constructor(
    readonly code: SimulatorErrorCode,
    message: string,
  ) {
    super(message);
    this.name = 'SimulatorError';
  }
}

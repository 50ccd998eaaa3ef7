export type LifecycleErrorCode = 'stage_passed' | 'stop_timed_out';

/** Misuse of the lifecycle, or a stop function that did not end in time. */
export class LifecycleError extends Error {
  override readonly name = 'LifecycleError';

  constructor(
    readonly code: LifecycleErrorCode,
    message: string,
  ) {
    super(message);
  }
}

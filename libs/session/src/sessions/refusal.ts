import type { sessionErrors } from '@causeway/contracts/session';

/** A command was not carried out; the device is told the code. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly code: keyof typeof sessionErrors,
    /** True when sending again with the same id can succeed. */
    readonly retryable: boolean,
    options?: ErrorOptions,
  ) {
    super(code, options);
  }
}

export type TransferErrorCode = 'transfer_idle' | 'transfer_incomplete' | 'transfer_too_long';

/** A media transfer did not go as it should; what was sent of it must not look whole. */
export class TransferError extends Error {
  override readonly name = 'TransferError';

  constructor(
    readonly code: TransferErrorCode,
    message: string,
  ) {
    super(message);
  }
}

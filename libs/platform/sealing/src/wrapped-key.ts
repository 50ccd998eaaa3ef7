import { SealingError } from './sealing.errors.js';

const VERSION = 1;
const HEAD_BYTES = 2;

/** A data key as it rests: it names the key that wraps it. */
export interface WrappedKey {
  /** Id of the wrapping key. */
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** @returns version (1) ‖ length of the id ‖ id in ASCII ‖ the wrapped key's bytes */
export function writeWrappedKey({ id, bytes }: WrappedKey): Uint8Array {
  return Buffer.concat([Buffer.from([VERSION, id.length]), Buffer.from(id, 'ascii'), bytes]);
}

/** @throws {SealingError} `record_unreadable` */
export function readWrappedKey(written: Uint8Array): WrappedKey {
  const end = HEAD_BYTES + (written[1] ?? 0);
  if (written[0] !== VERSION || end === HEAD_BYTES || written.length <= end) throw new SealingError();
  return {
    id: Buffer.from(written.subarray(HEAD_BYTES, end)).toString('latin1'),
    bytes: written.subarray(end),
  };
}

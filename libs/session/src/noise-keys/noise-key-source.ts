import type { SessionKey } from '@causeway/contracts/ids';
import type { NoiseStaticKey } from '@causeway/noise';

/** The login that a Noise key is wanted for. */
export interface NoiseLogin {
  readonly sessionKey: SessionKey;
  /** Of the device's connection. */
  readonly epoch: number;
  /** The public key with which the account is enlisted, base64, as accounts says. */
  readonly enlistedKey: string | undefined;
}

/** Where the Noise static keys are of sessions that log in here. */
export interface NoiseKeySource {
  /**
   * @returns the key for one login
   * @throws {NoiseKeyUnknown} when the session has none; {SealingError} when the record does not open
   */
  open(login: NoiseLogin): Promise<NoiseStaticKey>;
}

/** The session has no Noise key: it was never made, or the account was deleted. */
export class NoiseKeyUnknown extends Error {
  override readonly name = 'NoiseKeyUnknown';
  readonly code = 'noise_key_unknown';
}

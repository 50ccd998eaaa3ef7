import type { EnlistedKeys } from './accounts/account.js';
import type { TranscriptRule } from './chat/noise/responder.js';
import type { Clock } from './clock.js';
import { SimulatorError } from './errors.js';
import { defaultLimits, type Limits } from './limits.js';

/** The integrator whose users this gatekeeper takes in. */
export interface Partner {
  /** Where its token keys are published. */
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
  /** The claim of the user-visible identifier; `sub` when not given. */
  readonly identifierClaim?: string;
  /** Push calls go to `{pushBase}/push`. */
  readonly pushBase: string;
  /** Media of its users is fetched from `{mediaBase}/{storage_reference}`. */
  readonly mediaBase: string;
}

/** An account of the simulator's life before this start. */
export interface KnownAccount {
  /** User-visible, as the partner's tokens name it. */
  readonly identifier: string;
  /** Taken as they are: they were checked when the account was enlisted. */
  readonly keys: EnlistedKeys;
}

export interface SimulatorOptions {
  /** A loopback address; 127.0.0.1 when not given. */
  readonly host?: string;
  /** 0 or absent takes any free port. */
  readonly ports?: { readonly http?: number; readonly chat?: number };
  /** 1 to 999. */
  readonly integrator: number;
  readonly partner: Partner;
  /** `wa` when not given. */
  readonly transcript?: TranscriptRule;
  /** Another dictionary file than version 3. */
  readonly dictionary?: URL | string;
  /** 32 bytes of root private key, for clients that pinned its public key beforehand. */
  readonly rootKey?: Uint8Array;
  /**
   * Whom it knows from the start, as a gatekeeper does that was started again: numbered from 1 in this order, nothing
   * waiting for them, no one-time prekeys.
   */
  readonly accounts?: readonly KnownAccount[];
  readonly clock?: Clock;
  /** The environment, of which only NODE_ENV is looked at. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly limits?: Partial<Limits>;
  /** Whether a message sent again with the same id reaches its receiver once; true when not given. */
  readonly dedupesById?: boolean;
}

/** Addresses that never leave the machine. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(address);
}

/** Throws SimulatorError: this is a development part, for one machine, never for production. */
export function checkOptions(options: SimulatorOptions): void {
  if (options.environment?.['NODE_ENV'] === 'production') {
    throw new SimulatorError('production', 'the simulator does not start with NODE_ENV=production');
  }
  if (!isLoopback(options.host ?? '127.0.0.1')) {
    throw new SimulatorError('not_loopback', 'the simulator listens on loopback addresses only');
  }
  if (!Number.isInteger(options.integrator) || options.integrator < 1 || options.integrator > 999) {
    throw new SimulatorError('invalid_option', 'the integrator id is a number from 1 to 999');
  }
  if (options.rootKey !== undefined && options.rootKey.length !== 32) {
    throw new SimulatorError('invalid_option', 'the root key is 32 bytes');
  }
}

/** The bounds in force: the defaults, with what the options name. */
export function limitsOf(options: SimulatorOptions): Limits {
  return { ...defaultLimits, ...options.limits };
}

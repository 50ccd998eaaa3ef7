import type { Switchboard } from '../seam.js';
import type { SignalDevice } from './signal/signal-device.js';

/** Where a phone takes the time from; milliseconds since 1970. */
export interface PhoneClock {
  now(): number;
}

/** What the parts of one phone have in common. */
export interface PhoneContext {
  readonly jid: string;
  readonly name: string | undefined;
  readonly switchboard: Switchboard;
  readonly clock: PhoneClock;
  /** The current installation; replaced when the identity is rotated. */
  readonly device: SignalDevice;
  refuse(code: string, about: { id?: string | undefined; from?: string | undefined }): void;
}

/** Something the phone did not accept, and why. */
export interface Refusal {
  readonly id?: string;
  readonly from?: string;
  readonly code: string;
  readonly at: number;
}

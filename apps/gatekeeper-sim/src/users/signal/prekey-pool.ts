import { PreKeyRecord, PrivateKey } from '@signalapp/libsignal-client-v3';
import { phoneLimits } from '../phone-limits.js';
import { rawPublicKey } from './curve-key.js';
import type { MemoryPreKeys } from './stores.js';

/** Prekey ids are 24 bits on the wire; 0 is left out because some libraries read it as "none". */
const HIGHEST_ID = 0xff_ffff;

export interface OfferedPreKey {
  readonly id: number;
  readonly key: Uint8Array;
}

/** One-time prekeys on offer, in order of id from 1, refilled before they run out. */
export class PreKeyPool {
  private readonly offered: OfferedPreKey[] = [];
  private nextId = 1;

  constructor(private readonly privates: MemoryPreKeys) {}

  take(): OfferedPreKey {
    if (this.offered.length < phoneLimits.preKeysLow) this.refill();
    const preKey = this.offered.shift();
    return preKey ?? this.mint();
  }

  private refill(): void {
    while (this.offered.length < phoneLimits.preKeysOffered) this.offered.push(this.mint());
  }

  private mint(): OfferedPreKey {
    const id = this.nextId;
    this.nextId = id === HIGHEST_ID ? 1 : id + 1;
    const key = PrivateKey.generate();
    this.privates.keep(id, PreKeyRecord.new(id, key.getPublicKey(), key));
    return { id, key: rawPublicKey(key.getPublicKey()) };
  }
}

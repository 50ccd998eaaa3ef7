import type { DeviceStore } from '../store/device-store.js';
import type { RatchetUnit } from '../store/ratchet-unit.js';
import type { SignalSuite } from '../suites/port.js';
import { SuiteError } from '../suites/port.js';
import type { DeviceEmitter } from './events.js';
import { Serial } from './serial.js';

/** Runs Signal operations one at a time and commits each together with what it was done for. */
export class Ratchets {
  private readonly serial = new Serial();

  constructor(
    private readonly store: DeviceStore,
    readonly suite: SignalSuite,
    private readonly events: DeviceEmitter,
  ) {}

  /**
   * @param operation reads and changes the unit
   * @param commit writes what belongs to the operation's result, in the same transaction
   * @throws SuiteError; then only what was learnt of a changed identity is kept
   */
  run<T>(operation: (unit: RatchetUnit) => Promise<T>, commit: (result: T) => void): Promise<T> {
    return this.serial.run(async () => {
      const unit = this.store.ratchet();
      const known = (peer: string) => this.store.peers.hasChangedIdentity(peer);
      try {
        const result = await operation(unit);
        const fresh = unit.changedPeers().filter((peer) => !known(peer));
        this.store.transaction(() => {
          unit.apply();
          commit(result);
        });
        this.report(fresh);
        return result;
      } catch (error) {
        if (error instanceof SuiteError && error.code === 'identity_changed') {
          const fresh = unit.changedPeers().filter((peer) => !known(peer));
          this.store.transaction(() => unit.applyIdentities());
          this.report(fresh);
        }
        throw error;
      }
    });
  }

  /** @returns once nothing runs. */
  idle(): Promise<void> {
    return this.serial.run(() => undefined);
  }

  private report(peers: readonly string[]): void {
    for (const peer of peers) this.events.tell('identity', { peer });
  }
}

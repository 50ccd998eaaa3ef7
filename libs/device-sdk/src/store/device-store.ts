import { Database } from './database.js';
import { StoreError } from './errors.js';
import { KeyStore } from './keys.js';
import { Meta } from './meta.js';
import { OutgoingStore } from './outgoing.js';
import { PeerStore } from './peers.js';
import { RatchetUnit } from './ratchet-unit.js';
import { ReceiptsDue } from './receipts-due.js';
import { ReceivedStore } from './received.js';

/** Everything that one device keeps about its dealings with one gatekeeper, in one file. */
export class DeviceStore {
  readonly meta: Meta;
  readonly keys: KeyStore;
  readonly peers: PeerStore;
  readonly received: ReceivedStore;
  readonly outgoing: OutgoingStore;
  readonly receiptsDue: ReceiptsDue;

  private constructor(
    private readonly database: Database,
    now: () => number,
  ) {
    this.meta = new Meta(database);
    this.keys = new KeyStore(database, this.meta, now);
    this.peers = new PeerStore(database);
    this.received = new ReceivedStore(database);
    this.outgoing = new OutgoingStore(database);
    this.receiptsDue = new ReceiptsDue(database);
  }

  /**
   * Opens or creates the file of a device.
   * @param file path, or `:memory:`
   * @param now milliseconds since 1970
   * @throws StoreError when another process has it open, or it belongs to another gatekeeper
   */
  static open(file: string, gatekeeper: string, now: () => number = Date.now): DeviceStore {
    const store = new DeviceStore(Database.open(file), now);
    const owner = store.meta.text('gatekeeper');
    if (owner === undefined) store.meta.put('gatekeeper', gatekeeper);
    else if (owner !== gatekeeper) {
      store.close();
      throw new StoreError('store_of_other_gatekeeper');
    }
    return store;
  }

  /** Starts collecting the changes of one Signal operation. */
  ratchet(): RatchetUnit {
    return new RatchetUnit(this.keys, this.peers);
  }

  /** Commits together, or not at all. */
  transaction<T>(run: () => T): T {
    return this.database.transaction(run);
  }

  close(): void {
    this.database.close();
  }
}

import {
  IdentityKeyStore,
  PreKeyRecord,
  PreKeyStore,
  PrivateKey,
  ProtocolAddress,
  PublicKey,
  SessionRecord,
  SessionStore,
  SignedPreKeyRecord,
  SignedPreKeyStore,
} from '@signalapp/libsignal-client-v3';
import { BoundedMap } from '../bounded.js';
import { phoneLimits } from '../phone-limits.js';

/** Ratchets by peer. Records are kept serialised, so that a failed operation cannot leave a half-changed one behind. */
export class MemorySessions extends SessionStore {
  private readonly records = new BoundedMap<string, Buffer>(phoneLimits.sessions);

  override async saveSession(peer: ProtocolAddress, record: SessionRecord): Promise<void> {
    this.records.set(peer.name(), record.serialize());
  }

  override async getSession(peer: ProtocolAddress): Promise<SessionRecord | null> {
    const record = this.records.get(peer.name());
    return record === undefined ? null : SessionRecord.deserialize(record);
  }

  override async getExistingSessions(peers: ProtocolAddress[]): Promise<SessionRecord[]> {
    const records = await Promise.all(peers.map((peer) => this.getSession(peer)));
    return records.filter((record) => record !== null);
  }
}

/** The phone's own identity and those it has seen. A changed one is accepted and reported, as a phone does that shows a notice in the chat. */
export class MemoryIdentities extends IdentityKeyStore {
  private readonly seen = new BoundedMap<string, PublicKey>(phoneLimits.sessions);

  constructor(
    private readonly own: PrivateKey,
    private readonly registrationId: number,
    private readonly onChanged: (peer: string) => void,
  ) {
    super();
  }

  override async getIdentityKey(): Promise<PrivateKey> {
    return this.own;
  }

  override async getLocalRegistrationId(): Promise<number> {
    return this.registrationId;
  }

  override async saveIdentity(peer: ProtocolAddress, key: PublicKey): Promise<boolean> {
    const known = this.seen.get(peer.name());
    const changed = known !== undefined && known.compare(key) !== 0;
    this.seen.set(peer.name(), key);
    if (changed) this.onChanged(peer.name());
    return changed;
  }

  override async isTrustedIdentity(): Promise<boolean> {
    return true;
  }

  override async getIdentity(peer: ProtocolAddress): Promise<PublicKey | null> {
    return this.seen.get(peer.name()) ?? null;
  }
}

/** Private halves of the one-time prekeys that were handed out and not used yet. */
export class MemoryPreKeys extends PreKeyStore {
  private readonly records = new BoundedMap<number, PreKeyRecord>(phoneLimits.preKeysHandedOut);

  override async savePreKey(id: number, record: PreKeyRecord): Promise<void> {
    this.keep(id, record);
  }

  /** The same as {@link savePreKey}, at once. */
  keep(id: number, record: PreKeyRecord): void {
    this.records.set(id, record);
  }

  override async getPreKey(id: number): Promise<PreKeyRecord> {
    const record = this.records.get(id);
    if (record === undefined) throw new Error('No such one-time prekey.');
    return record;
  }

  override async removePreKey(id: number): Promise<void> {
    this.records.delete(id);
  }
}

/** The one signed prekey of an installation. */
export class MemorySignedPreKey extends SignedPreKeyStore {
  constructor(private record: SignedPreKeyRecord) {
    super();
  }

  override async saveSignedPreKey(_id: number, record: SignedPreKeyRecord): Promise<void> {
    this.record = record;
  }

  override async getSignedPreKey(id: number): Promise<SignedPreKeyRecord> {
    if (this.record.id() !== id) throw new Error('No such signed prekey.');
    return this.record;
  }
}

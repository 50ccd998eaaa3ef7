import {
  IdentityChange,
  IdentityKeyStore,
  KEMKeyPair,
  KyberPreKeyRecord,
  KyberPreKeyStore,
  PreKeyRecord,
  PreKeyStore,
  PrivateKey,
  PublicKey,
  SessionRecord,
  SessionStore,
  SignedPreKeyRecord,
  SignedPreKeyStore,
} from '@signalapp/libsignal-client';
import type { ProtocolAddress } from '@signalapp/libsignal-client';
import { noteIdentity, sameBytes } from '../identity-trust.js';
import { owned, typedKey } from '../keys.js';
import type { KeyPair, PeerAddress, SignalState } from '../port.js';
import { SuiteError } from '../port.js';

const sending = 0;

/** The native library's stores over the state of one peer. Keys that are made elsewhere are never saved through it. */
export function storesOf(state: SignalState, peer: PeerAddress) {
  return {
    sessions: new Sessions(state, peer),
    identities: new Identities(state, peer),
    preKeys: new PreKeys(state),
    signedPreKeys: new SignedPreKeys(state),
    kyberPreKeys: new KyberPreKeys(state),
  };
}

class Sessions extends SessionStore {
  constructor(
    private readonly state: SignalState,
    private readonly peer: PeerAddress,
  ) {
    super();
  }

  async saveSession(_name: ProtocolAddress, record: SessionRecord): Promise<void> {
    this.state.putSession(this.peer, record.serialize());
  }

  async getSession(): Promise<SessionRecord | null> {
    const bytes = this.state.session(this.peer);
    return bytes === undefined ? null : SessionRecord.deserialize(owned(bytes));
  }

  async getExistingSessions(): Promise<SessionRecord[]> {
    const record = await this.getSession();
    return record === null ? [] : [record];
  }
}

class Identities extends IdentityKeyStore {
  constructor(
    private readonly state: SignalState,
    private readonly peer: PeerAddress,
  ) {
    super();
  }

  async getIdentityKey(): Promise<PrivateKey> {
    return PrivateKey.deserialize(owned(this.state.identity().privateKey));
  }

  async getLocalRegistrationId(): Promise<number> {
    return this.state.registrationId();
  }

  async saveIdentity(_name: ProtocolAddress, key: PublicKey): Promise<IdentityChange> {
    const before = this.state.peerIdentity(this.peer)?.key;
    const raw = key.getPublicKeyBytes();
    noteIdentity(this.state, this.peer, raw);
    const replaced = before !== undefined && !sameBytes(before, raw);
    return replaced ? IdentityChange.ReplacedExisting : IdentityChange.NewOrUnchanged;
  }

  async isTrustedIdentity(_name: ProtocolAddress, key: PublicKey, direction: number): Promise<boolean> {
    const known = this.state.peerIdentity(this.peer);
    if (direction !== sending || known === undefined) return true;
    return (
      known.state === 'trusted' && known.key !== undefined && sameBytes(known.key, key.getPublicKeyBytes())
    );
  }

  async getIdentity(): Promise<PublicKey | null> {
    const key = this.state.peerIdentity(this.peer)?.key;
    return key === undefined ? null : PublicKey.deserialize(typedKey(key));
  }
}

class PreKeys extends PreKeyStore {
  /** The library does not pass on why a store threw. */
  missing = false;

  constructor(private readonly state: SignalState) {
    super();
  }

  async savePreKey(): Promise<void> {
    throw new SuiteError('prekey_missing');
  }

  async getPreKey(id: number): Promise<PreKeyRecord> {
    const pair = this.state.preKey(id);
    this.missing = pair === undefined;
    if (pair === undefined) throw new SuiteError('prekey_missing');
    return PreKeyRecord.new(id, publicOf(pair), privateOf(pair));
  }

  async removePreKey(id: number): Promise<void> {
    this.state.removePreKey(id);
  }
}

class SignedPreKeys extends SignedPreKeyStore {
  constructor(private readonly state: SignalState) {
    super();
  }

  async saveSignedPreKey(): Promise<void> {
    throw new SuiteError('prekey_missing');
  }

  async getSignedPreKey(id: number): Promise<SignedPreKeyRecord> {
    const pair = this.state.signedPreKey(id);
    if (pair === undefined) throw new SuiteError('prekey_missing');
    return SignedPreKeyRecord.new(id, 0, publicOf(pair), privateOf(pair), owned(pair.signature));
  }
}

class KyberPreKeys extends KyberPreKeyStore {
  constructor(private readonly state: SignalState) {
    super();
  }

  async saveKyberPreKey(): Promise<void> {
    throw new SuiteError('prekey_missing');
  }

  async getKyberPreKey(id: number): Promise<KyberPreKeyRecord> {
    const record = this.state.kyberPreKey(id);
    if (record === undefined) throw new SuiteError('prekey_missing');
    return KyberPreKeyRecord.deserialize(owned(record));
  }

  /** The one Kyber prekey is the last resort, which may be used again. */
  async markKyberPreKeyUsed(): Promise<void> {}
}

/** Makes a Kyber prekey record signed by the identity. */
export function newKyberRecord(identity: KeyPair, id: number): KyberPreKeyRecord {
  const pair = KEMKeyPair.generate();
  const signature = privateOf(identity).sign(pair.getPublicKey().serialize());
  return KyberPreKeyRecord.new(id, 0, pair, signature);
}

function publicOf(pair: KeyPair): PublicKey {
  return PublicKey.deserialize(typedKey(pair.publicKey));
}

function privateOf(pair: KeyPair): PrivateKey {
  return PrivateKey.deserialize(owned(pair.privateKey));
}

/** A Curve25519 key pair: 32 raw bytes each, without a type byte. */
export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

/** A one-time prekey. Ids are 24-bit and start at 1. */
export interface PreKeyPair extends KeyPair {
  readonly id: number;
}

/** A signed prekey; the signature (64 bytes, XEdDSA by the identity key) covers 0x05 ‖ public key. */
export interface SignedPreKeyPair extends PreKeyPair {
  readonly signature: Uint8Array;
}

/** A post-quantum prekey in the suite's own record format; the signature covers the public key. */
export interface KyberPreKey {
  readonly id: number;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  readonly record: Uint8Array;
}

/** One peer's device. The name is opaque to a suite; `device` counts from 1 in native suites and from 0 in v3. */
export interface PeerAddress {
  readonly name: string;
  readonly device: number;
}

/** The public keys by which a session with a peer is started. Raw keys of 32 bytes. */
export interface PeerBundle {
  readonly registrationId: number;
  readonly identityKey: Uint8Array;
  readonly signedPreKey: { readonly id: number; readonly key: Uint8Array; readonly signature: Uint8Array };
  readonly preKey?: { readonly id: number; readonly key: Uint8Array };
  /** Required by `pqxdh`, unknown to `x3dh`. */
  readonly kyberPreKey?: { readonly id: number; readonly key: Uint8Array; readonly signature: Uint8Array };
}

/** One encrypted message: `pkmsg` starts a session, `msg` continues it. */
export interface Ciphertext {
  readonly type: 'pkmsg' | 'msg';
  readonly body: Uint8Array;
}

/** What is known of a peer's identity key. `changed` forbids sending until the user has accepted the change. */
export interface PeerIdentityRecord {
  /** Absent when a change was announced but the new key has not been seen. */
  readonly key?: Uint8Array;
  readonly state: 'trusted' | 'changed';
}

/**
 * The state that one suite operation reads and changes. An implementation buffers the changes, so that they can be
 * committed together with whatever the operation was done for.
 */
export interface SignalState {
  identity(): KeyPair;
  registrationId(): number;
  preKey(id: number): KeyPair | undefined;
  removePreKey(id: number): void;
  signedPreKey(id: number): SignedPreKeyPair | undefined;
  kyberPreKey(id: number): Uint8Array | undefined;
  session(peer: PeerAddress): Uint8Array | undefined;
  putSession(peer: PeerAddress, record: Uint8Array): void;
  peerIdentity(peer: PeerAddress): PeerIdentityRecord | undefined;
  putPeerIdentity(peer: PeerAddress, identity: PeerIdentityRecord): void;
}

/** One version of the Signal protocol. Operations on one state must not overlap. */
export interface SignalSuite {
  readonly name: 'x3dh' | 'pqxdh';
  /** Post-quantum prekey for peers of this suite; undefined when the suite has none. */
  generateKyberPreKey(identity: KeyPair, id: number): KyberPreKey | undefined;
  /** True when a message to the peer can be encrypted without a new bundle. */
  hasSession(state: SignalState, peer: PeerAddress): boolean;
  /** Starts a session from a bundle, after verifying it. @throws SuiteError */
  establish(state: SignalState, peer: PeerAddress, bundle: PeerBundle): Promise<void>;
  /** @throws SuiteError `no_session`, `identity_changed` */
  encrypt(state: SignalState, peer: PeerAddress, plaintext: Uint8Array): Promise<Ciphertext>;
  /** @throws SuiteError; the state must be thrown away then */
  decrypt(state: SignalState, peer: PeerAddress, message: Ciphertext): Promise<Uint8Array>;
}

/** Why a suite refused; `message_invalid` covers whatever does not verify or parse. */
export type SuiteErrorCode =
  | 'no_session'
  | 'duplicate_message'
  | 'prekey_missing'
  | 'message_invalid'
  | 'bundle_invalid'
  | 'identity_changed';

/** The one error of suites. It holds neither keys nor content. */
export class SuiteError extends Error {
  override readonly name = 'SuiteError';

  constructor(readonly code: SuiteErrorCode) {
    super(`Signal operation refused: ${code}`);
  }
}

import libsignal from 'libsignal';

/** A Curve25519 key pair as the library holds it: public key in the 33-byte form, private key of 32 bytes. */
export interface BufferKeyPair {
  pubKey: Buffer;
  privKey: Buffer;
}

/** One chain of message keys; `chainType` 1 is sending, 2 is receiving. */
export interface Chain {
  chainKey: { counter: number; key?: Buffer };
  chainType: number;
  messageKeys: Record<string, Buffer>;
}

/** One session inside a record. `closed` is -1 while it is the open one. */
export interface SessionEntry {
  indexInfo: { remoteIdentityKey: Buffer; closed: number; used: number };
  _chains: Record<string, Chain>;
}

/** All sessions with one peer device, by their base keys. */
export interface SessionRecord {
  sessions: Record<string, SessionEntry>;
  getOpenSession(): SessionEntry | undefined;
  setSession(session: SessionEntry): void;
  serialize(): unknown;
}

/** What the library asks its caller to keep. */
export interface LibraryStorage {
  loadSession(address: string): Promise<SessionRecord>;
  storeSession(address: string, record: SessionRecord): Promise<void>;
  isTrustedIdentity(name: string, key: Buffer): Promise<boolean>;
  loadPreKey(id: number | undefined): Promise<BufferKeyPair | undefined>;
  removePreKey(id: number): Promise<void>;
  loadSignedPreKey(id: number): Promise<BufferKeyPair | undefined>;
  getOurIdentity(): Promise<BufferKeyPair>;
  getOurRegistrationId(): Promise<number>;
}

interface LibraryBundle {
  registrationId: number;
  identityKey: Buffer;
  signedPreKey: { keyId: number; publicKey: Buffer; signature: Buffer };
  preKey?: { keyId: number; publicKey: Buffer };
}

interface Address {
  toString(): string;
}

/** The cipher of one peer device. */
export interface SessionCipher {
  encrypt(data: Buffer): Promise<{ type: number; body: Buffer }>;
  decryptPreKeyWhisperMessage(data: Buffer): Promise<Buffer>;
  decryptWhisperMessage(data: Buffer): Promise<Buffer>;
  doDecryptWhisperMessage(data: Buffer, session: SessionEntry): Promise<Buffer>;
  getRecord(): Promise<SessionRecord>;
  storeRecord(record: SessionRecord): Promise<void>;
}

/** The parts of npm `libsignal` that are used. Its own declarations are incomplete and partly wrong. */
interface Library {
  ProtocolAddress: new (name: string, device: number) => Address;
  SessionBuilder: new (
    storage: LibraryStorage,
    address: Address,
  ) => { initOutgoing(bundle: LibraryBundle): Promise<void> };
  SessionCipher: new (storage: LibraryStorage, address: Address) => SessionCipher;
  SessionRecord: (new () => SessionRecord) & { deserialize(data: unknown): SessionRecord };
  MessageCounterError: new () => Error;
  PreKeyError: new () => Error;
  SessionError: new (text: string) => Error;
}

export const library = libsignal as unknown as Library;

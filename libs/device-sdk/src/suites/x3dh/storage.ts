import { noteIdentity, sameBytes } from '../identity-trust.js';
import { rawKey, typedKey } from '../keys.js';
import type { KeyPair, PeerAddress, SignalState } from '../port.js';
import type { BufferKeyPair, LibraryStorage, SessionRecord } from './libsignal.js';
import { BoundedRecord, StartingRecord } from './record.js';

/** Presents the state of one peer to the library; `direction` decides what a peer's identity key may do. */
export function storageOf(
  state: SignalState,
  peer: PeerAddress,
  direction: 'sending' | 'receiving',
): LibraryStorage {
  return {
    loadSession: async () => BoundedRecord.fromBytes(state.session(peer)),
    storeSession: async (_address: string, record: SessionRecord) => {
      if (record instanceof BoundedRecord) state.putSession(peer, record.toBytes());
    },
    isTrustedIdentity: async (_name, key) => {
      if (direction === 'receiving') return true;
      const known = state.peerIdentity(peer);
      return known?.state === 'trusted' && known.key !== undefined && sameBytes(known.key, rawKey(key));
    },
    loadPreKey: async (id) => bufferPair(id === undefined ? undefined : state.preKey(id)),
    removePreKey: async (id) => state.removePreKey(id),
    loadSignedPreKey: async (id) => bufferPair(state.signedPreKey(id)),
    getOurIdentity: async () => typedPair(state.identity()),
    getOurRegistrationId: async () => state.registrationId(),
  };
}

/**
 * As above, for a message that starts a session: once it is decrypted, `accept` records the identity that it named.
 */
export function startingStorage(state: SignalState, peer: PeerAddress) {
  let named: Uint8Array | undefined;
  const storage: LibraryStorage = {
    ...storageOf(state, peer, 'receiving'),
    loadSession: async () => StartingRecord.fromBytes(state.session(peer)),
    isTrustedIdentity: async (_name, key) => {
      named = rawKey(key);
      return true;
    },
  };
  const accept = () => {
    if (named !== undefined) noteIdentity(state, peer, named);
  };
  return { storage, accept };
}

function bufferPair(pair: KeyPair | undefined): BufferKeyPair | undefined {
  return pair && typedPair(pair);
}

function typedPair(pair: KeyPair): BufferKeyPair {
  return { pubKey: Buffer.from(typedKey(pair.publicKey)), privKey: Buffer.from(pair.privateKey) };
}

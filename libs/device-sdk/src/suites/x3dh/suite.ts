import { requireSendable, sameBytes } from '../identity-trust.js';
import { rawKey, typedKey, verifyBundle } from '../keys.js';
import type { Ciphertext, PeerAddress, PeerBundle, SignalState, SignalSuite } from '../port.js';
import { SuiteError } from '../port.js';
import { QuietCipher } from './cipher.js';
import { library } from './libsignal.js';
import { BoundedRecord } from './record.js';
import { startingStorage, storageOf } from './storage.js';

/** Largest ciphertext that is parsed: bounded content plus what the protocol adds. */
const maxCiphertextBytes = 300 * 1024;
const preKeyType = 3;

/** Signal version 3 (X3DH), which the gatekeeper's public clients speak, on npm `libsignal`. */
export const x3dhSuite: SignalSuite = {
  name: 'x3dh',
  generateKyberPreKey: () => undefined,

  hasSession(state, peer) {
    const open = BoundedRecord.fromBytes(state.session(peer)).getOpenSession();
    const identity = state.peerIdentity(peer);
    if (open === undefined || identity?.key === undefined) return false;
    return sameBytes(rawKey(open.indexInfo.remoteIdentityKey), identity.key);
  },

  async establish(state, peer, bundle) {
    // The library takes a bundle's signature on trust, so it is verified here.
    verifyBundle(bundle);
    requireSendable(state, peer, bundle.identityKey);
    const builder = new library.SessionBuilder(storageOf(state, peer, 'sending'), addressOf(peer));
    await closed('bundle_invalid', () => builder.initOutgoing(libraryBundle(bundle)));
  },

  async encrypt(state, peer, plaintext) {
    const open = BoundedRecord.fromBytes(state.session(peer)).getOpenSession();
    if (open === undefined) throw new SuiteError('no_session');
    requireSendable(state, peer, rawKey(open.indexInfo.remoteIdentityKey));
    const cipher = new QuietCipher(storageOf(state, peer, 'sending'), addressOf(peer));
    const { type, body } = await closed('no_session', () => cipher.encrypt(Buffer.from(plaintext)));
    return { type: type === preKeyType ? 'pkmsg' : 'msg', body };
  },

  async decrypt(state, peer, message) {
    if (message.body.byteLength > maxCiphertextBytes) throw new SuiteError('message_invalid');
    return message.type === 'pkmsg' ? decryptStart(state, peer, message) : decryptNext(state, peer, message);
  },
};

async function decryptStart(
  state: SignalState,
  peer: PeerAddress,
  { body }: Ciphertext,
): Promise<Uint8Array> {
  const { storage, accept } = startingStorage(state, peer);
  const cipher = new QuietCipher(storage, addressOf(peer));
  const plaintext = await closed('message_invalid', () =>
    cipher.decryptPreKeyWhisperMessage(Buffer.from(body)),
  );
  accept();
  return plaintext;
}

async function decryptNext(state: SignalState, peer: PeerAddress, { body }: Ciphertext): Promise<Uint8Array> {
  if (state.session(peer) === undefined) throw new SuiteError('no_session');
  const cipher = new QuietCipher(storageOf(state, peer, 'receiving'), addressOf(peer));
  return closed('message_invalid', () => cipher.decryptWhisperMessage(Buffer.from(body)));
}

/** The library forbids dots in names, and keys its job queues by them. */
function addressOf({ name, device }: PeerAddress) {
  return new library.ProtocolAddress(Buffer.from(name).toString('base64url'), device);
}

function libraryBundle({ registrationId, identityKey, signedPreKey, preKey }: PeerBundle) {
  return {
    registrationId,
    identityKey: Buffer.from(typedKey(identityKey)),
    signedPreKey: {
      keyId: signedPreKey.id,
      publicKey: Buffer.from(typedKey(signedPreKey.key)),
      signature: Buffer.from(signedPreKey.signature),
    },
    ...(preKey && { preKey: { keyId: preKey.id, publicKey: Buffer.from(typedKey(preKey.key)) } }),
  };
}

async function closed<T>(code: SuiteError['code'], run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof SuiteError) throw error;
    if (error instanceof library.MessageCounterError) throw new SuiteError('duplicate_message');
    if (error instanceof library.PreKeyError) throw new SuiteError('prekey_missing');
    throw new SuiteError(code);
  }
}

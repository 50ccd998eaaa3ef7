import {
  CiphertextMessageType,
  ErrorCode,
  KEMPublicKey,
  LibSignalErrorBase,
  PreKeyBundle,
  PreKeySignalMessage,
  ProtocolAddress,
  PublicKey,
  SessionRecord,
  SignalMessage,
  processPreKeyBundle,
  signalDecrypt,
  signalDecryptPreKey,
  signalEncrypt,
} from '@signalapp/libsignal-client';
import { requireSendable } from '../identity-trust.js';
import { owned, typedKey, verifyBundle } from '../keys.js';
import type { PeerAddress, PeerBundle, SignalState, SignalSuite, SuiteErrorCode } from '../port.js';
import { SuiteError } from '../port.js';
import { newKyberRecord, storesOf } from './stores.js';

const maxCiphertextBytes = 300 * 1024;

/**
 * Signal with PQXDH, for peers on the provider's own network, on the current native library.
 * @param local the device's own address, which the library binds into messages; device ids count from 1
 */
export function pqxdhSuite(local: PeerAddress): SignalSuite {
  const us = addressOf(local);
  return {
    name: 'pqxdh',

    generateKyberPreKey(identity, id) {
      const record = newKyberRecord(identity, id);
      const publicKey = record.publicKey().serialize();
      return { id, publicKey, signature: record.signature(), record: record.serialize() };
    },

    hasSession(state, peer) {
      const bytes = state.session(peer);
      return bytes !== undefined && SessionRecord.deserialize(owned(bytes)).hasCurrentState();
    },

    async establish(state, peer, bundle) {
      verifyBundle(bundle);
      requireSendable(state, peer, bundle.identityKey);
      const { sessions, identities } = storesOf(state, peer);
      await closed('bundle_invalid', () =>
        processPreKeyBundle(nativeBundle(bundle, peer), addressOf(peer), us, sessions, identities),
      );
    },

    async encrypt(state, peer, plaintext) {
      if (state.peerIdentity(peer)?.state === 'changed') throw new SuiteError('identity_changed');
      const { sessions, identities } = storesOf(state, peer);
      const message = await closed('no_session', () =>
        signalEncrypt(owned(plaintext), addressOf(peer), us, sessions, identities),
      );
      const type = message.type() === CiphertextMessageType.PreKey ? 'pkmsg' : 'msg';
      return { type, body: message.serialize() };
    },

    async decrypt(state, peer, { type, body }) {
      if (body.byteLength > maxCiphertextBytes) throw new SuiteError('message_invalid');
      const decryptOne = type === 'pkmsg' ? decryptStart : decryptNext;
      return closed('message_invalid', () => decryptOne(state, peer, us, owned(body)));
    },
  };
}

async function decryptStart(
  state: SignalState,
  peer: PeerAddress,
  us: ProtocolAddress,
  body: Uint8Array<ArrayBuffer>,
) {
  const { sessions, identities, preKeys, signedPreKeys, kyberPreKeys } = storesOf(state, peer);
  const message = PreKeySignalMessage.deserialize(body);
  const [from, stores] = [addressOf(peer), [preKeys, signedPreKeys, kyberPreKeys] as const];
  try {
    return await signalDecryptPreKey(message, from, us, sessions, identities, ...stores);
  } catch (error) {
    throw preKeys.missing ? new SuiteError('prekey_missing') : error;
  }
}

function decryptNext(
  state: SignalState,
  peer: PeerAddress,
  us: ProtocolAddress,
  body: Uint8Array<ArrayBuffer>,
) {
  const { sessions, identities } = storesOf(state, peer);
  return signalDecrypt(SignalMessage.deserialize(body), addressOf(peer), us, sessions, identities);
}

function addressOf({ name, device }: PeerAddress): ProtocolAddress {
  return ProtocolAddress.new(name, device);
}

function nativeBundle(bundle: PeerBundle, peer: PeerAddress): PreKeyBundle {
  const { signedPreKey, preKey, kyberPreKey } = bundle;
  if (kyberPreKey === undefined) throw new SuiteError('bundle_invalid');
  return PreKeyBundle.new(
    bundle.registrationId,
    peer.device,
    preKey?.id ?? null,
    preKey ? PublicKey.deserialize(typedKey(preKey.key)) : null,
    signedPreKey.id,
    PublicKey.deserialize(typedKey(signedPreKey.key)),
    owned(signedPreKey.signature),
    PublicKey.deserialize(typedKey(bundle.identityKey)),
    kyberPreKey.id,
    KEMPublicKey.deserialize(owned(kyberPreKey.key)),
    owned(kyberPreKey.signature),
  );
}

async function closed<T>(code: SuiteErrorCode, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof SuiteError) throw error;
    throw new SuiteError(codeOf(error) ?? code);
  }
}

function codeOf(error: unknown): SuiteErrorCode | undefined {
  if (!(error instanceof LibSignalErrorBase)) return undefined;
  if (error.code === ErrorCode.DuplicatedMessage) return 'duplicate_message';
  if (error.code === ErrorCode.UntrustedIdentity) return 'identity_changed';
  return undefined;
}

import { randomInt } from 'node:crypto';
import {
  CiphertextMessageType,
  ErrorCode,
  IdentityKeyPair,
  LibSignalErrorBase,
  PreKeyBundle,
  PreKeySignalMessage,
  PrivateKey,
  processPreKeyBundle,
  ProtocolAddress,
  signalDecrypt,
  signalDecryptPreKey,
  signalEncrypt,
  SignalMessage,
  SignedPreKeyRecord,
} from '@signalapp/libsignal-client-v3';
import type { KeyBundle } from '../../seam.js';
import { DecryptionError, PhoneError } from '../phone-errors.js';
import { phoneLimits } from '../phone-limits.js';
import { publicKeyFromRaw, rawPublicKey } from './curve-key.js';
import { PreKeyPool } from './prekey-pool.js';
import { MemoryIdentities, MemoryPreKeys, MemorySessions, MemorySignedPreKey } from './stores.js';

/** An account has one device, whose number is 0. */
const DEVICE = 0;
const SIGNED_PREKEY = 1;

export type CiphertextKind = 'pkmsg' | 'msg';
export interface Ciphertext {
  readonly kind: CiphertextKind;
  readonly bytes: Uint8Array;
}

/** Which keys to encrypt with. */
export interface EncryptionKeys {
  /** Starts a new session from this bundle, even if there is one. */
  readonly bundle?: KeyBundle;
  /** Asked only when there is no session. */
  fetchBundle(): KeyBundle | undefined;
}

/**
 * One installation of a phone: its identity and its sessions, Signal version 3 (X3DH, no Kyber).
 * Operations run one after another, because libsignal reads and writes a session in separate steps.
 */
export class SignalDevice {
  readonly registrationId = randomInt(1, 0x3fff);
  private readonly identity = IdentityKeyPair.generate();
  private readonly signedPreKey: SignedPreKeyRecord;
  private readonly sessions = new MemorySessions();
  private readonly identities: MemoryIdentities;
  private readonly preKeys = new MemoryPreKeys();
  private readonly signedPreKeys: MemorySignedPreKey;
  private readonly pool = new PreKeyPool(this.preKeys);
  private tail: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  constructor(onIdentityChanged: (account: string) => void = () => undefined) {
    const key = PrivateKey.generate();
    const publicKey = key.getPublicKey();
    const signature = this.identity.privateKey.sign(publicKey.serialize());
    this.signedPreKey = SignedPreKeyRecord.new(SIGNED_PREKEY, Date.now(), publicKey, key, signature);
    this.signedPreKeys = new MemorySignedPreKey(this.signedPreKey);
    this.identities = new MemoryIdentities(this.identity.privateKey, this.registrationId, onIdentityChanged);
  }

  /** Takes one one-time prekey out of the pool; it is never handed out again. */
  takeBundle(): KeyBundle {
    return {
      registrationId: this.registrationId,
      identityKey: rawPublicKey(this.identity.publicKey),
      signedPreKey: {
        id: this.signedPreKey.id(),
        key: rawPublicKey(this.signedPreKey.publicKey()),
        signature: new Uint8Array(this.signedPreKey.signature()),
      },
      preKey: this.pool.take(),
    };
  }

  /** Encrypts to the account's device. Throws PhoneError `no_keys`, `bundle_invalid` (sizes or signature) or `busy`. */
  encrypt(account: string, plaintext: Uint8Array, keys: EncryptionKeys): Promise<Ciphertext> {
    return this.exclusive(async () => {
      const peer = ProtocolAddress.new(account, DEVICE);
      const session = await this.sessions.getSession(peer);
      const bundle = keys.bundle ?? (session?.hasCurrentState() === true ? undefined : keys.fetchBundle());
      if (bundle !== undefined) await this.startSession(peer, bundle);
      else if (session?.hasCurrentState() !== true) {
        throw new PhoneError('no_keys', 'The gatekeeper has no keys of the recipient.');
      }
      const message = await signalEncrypt(Buffer.from(plaintext), peer, this.sessions, this.identities);
      const kind = message.type() === CiphertextMessageType.PreKey ? 'pkmsg' : 'msg';
      return { kind, bytes: new Uint8Array(message.serialize()) };
    });
  }

  /** Throws DecryptionError, or PhoneError `busy`. */
  decrypt(account: string, { kind, bytes }: Ciphertext): Promise<Uint8Array> {
    return this.exclusive(async () => {
      const { sessions, identities, preKeys, signedPreKeys } = this;
      const peer = ProtocolAddress.new(account, DEVICE);
      try {
        const buffer = Buffer.from(bytes);
        const plaintext =
          kind === 'pkmsg'
            ? await signalDecryptPreKey(
                PreKeySignalMessage.deserialize(buffer),
                peer,
                sessions,
                identities,
                preKeys,
                signedPreKeys,
              )
            : await signalDecrypt(SignalMessage.deserialize(buffer), peer, sessions, identities);
        return new Uint8Array(plaintext);
      } catch (error) {
        const duplicate = error instanceof LibSignalErrorBase && error.code === ErrorCode.DuplicatedMessage;
        throw new DecryptionError(duplicate ? 'duplicate_message' : 'undecryptable');
      }
    });
  }

  private async startSession(peer: ProtocolAddress, bundle: KeyBundle): Promise<void> {
    try {
      const { signedPreKey, preKey } = bundle;
      const native = PreKeyBundle.new(
        bundle.registrationId,
        DEVICE,
        preKey?.id ?? null,
        preKey === undefined ? null : publicKeyFromRaw(preKey.key),
        signedPreKey.id,
        publicKeyFromRaw(signedPreKey.key),
        Buffer.from(signedPreKey.signature),
        publicKeyFromRaw(bundle.identityKey),
      );
      await processPreKeyBundle(native, peer, this.sessions, this.identities);
    } catch {
      throw new PhoneError('bundle_invalid', 'The recipient has keys that do not fit together.');
    }
  }

  private exclusive<T>(work: () => Promise<T>): Promise<T> {
    if (this.waiting >= phoneLimits.ratchetQueue) {
      return Promise.reject(new PhoneError('busy', 'Too many messages wait for this phone.'));
    }
    this.waiting += 1;
    const done = this.tail.then(work).finally(() => {
      this.waiting -= 1;
    });
    this.tail = done.catch(() => undefined);
    return done;
  }
}

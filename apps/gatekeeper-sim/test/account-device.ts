import { ProtocolAddress, SessionBuilder, SessionCipher, SessionRecord, type SignalStorage } from 'libsignal';
import { calculateSignature, generateKeyPair } from 'libsignal/src/curve.js';
import type { KeyBundle, Node } from '../src/seam.js';
import { decodeContent, encodeContent, type Content } from '../src/users/content/codec.js';

interface KeyPair {
  readonly pubKey: Buffer;
  readonly privKey: Buffer;
}

const DEVICE = 0;

/**
 * The device of an account, on another Signal implementation than the phones: npm `libsignal`, which speaks
 * X3DH version 3. It collects the stanzas that come to it and encrypts and decrypts on demand.
 */
export class AccountDevice {
  readonly stanzas: Node[] = [];
  readonly registrationId = 1 + Math.floor(Math.random() * 16_000);
  /** Prekey ids that went out in bundles. */
  readonly taken: number[] = [];
  private readonly identity = keyPair();
  private readonly signedPreKey = keyPair();
  private readonly preKeys = new Map<number, KeyPair>();
  private readonly sessions = new Map<string, SessionRecord>();
  private messages = 0;

  constructor(readonly jid: string) {}

  takeBundle(): KeyBundle {
    const id = this.taken.length + 1;
    const preKey = keyPair();
    this.taken.push(id);
    this.preKeys.set(id, preKey);
    return {
      registrationId: this.registrationId,
      identityKey: raw(this.identity.pubKey),
      signedPreKey: {
        id: 1,
        key: raw(this.signedPreKey.pubKey),
        signature: calculateSignature(this.identity.privKey, this.signedPreKey.pubKey),
      },
      preKey: { id, key: raw(preKey.pubKey) },
    };
  }

  /** Drops the session with a phone, as a device that lost its store. */
  forget(phone: string): void {
    this.sessions.delete(address(phone).toString());
  }

  /** A message stanza for a phone; starts a session from the bundle when one is given. */
  async message(phone: string, content: Content | Uint8Array, options: MessageOptions = {}): Promise<Node> {
    const { bundle, padding = 3, id = `3EB0${String((this.messages += 1)).padStart(18, '0')}` } = options;
    const peer = address(phone);
    if (bundle !== undefined) await this.start(peer, bundle);
    const bytes = content instanceof Uint8Array ? content : encodeContent(content);
    const padded = Buffer.concat([bytes, Buffer.alloc(padding, padding)]);
    const { type, body } = await new SessionCipher(this.storage, peer).encrypt(padded);
    const attrs = { v: '2', type: type === 3 ? 'pkmsg' : 'msg' };
    const enc: Node = { tag: 'enc', attrs, content: Uint8Array.from(body as unknown as Uint8Array) };
    return { tag: 'message', attrs: { id, from: this.jid, to: phone, type: 'text' }, content: [enc] };
  }

  /** Decrypts a message of a phone, and takes the padding off without checking it. */
  async read(message: Node): Promise<Content> {
    const padded = await this.decrypt(message);
    return decodeContent(padded.subarray(0, padded.length - (padded.at(-1) ?? 0)));
  }

  async decrypt(message: Node): Promise<Uint8Array> {
    const enc = (message.content as Node[])[0];
    const cipher = new SessionCipher(this.storage, address(message.attrs.from ?? ''));
    const bytes = Buffer.from(enc?.content as Uint8Array);
    const kind = enc?.attrs.type;
    return kind === 'pkmsg' ? cipher.decryptPreKeyWhisperMessage(bytes) : cipher.decryptWhisperMessage(bytes);
  }

  private async start(
    peer: ProtocolAddress,
    { registrationId, identityKey, signedPreKey, preKey }: KeyBundle,
  ) {
    if (preKey === undefined) throw new Error('The phone offers no one-time prekey.');
    await new SessionBuilder(this.storage, peer).initOutgoing({
      registrationId,
      identityKey: typed(identityKey),
      signedPreKey: {
        keyId: signedPreKey.id,
        publicKey: typed(signedPreKey.key),
        signature: Buffer.from(signedPreKey.signature),
      },
      preKey: { keyId: preKey.id, publicKey: typed(preKey.key) },
    });
  }

  private readonly storage: SignalStorage = {
    loadSession: async (id) => this.sessions.get(id),
    storeSession: async (id, session) => void this.sessions.set(id, session),
    isTrustedIdentity: () => true,
    loadPreKey: async (id) => this.preKeys.get(Number(id)),
    removePreKey: (id) => void this.preKeys.delete(id),
    loadSignedPreKey: () => this.signedPreKey,
    getOurRegistrationId: () => this.registrationId,
    getOurIdentity: () => this.identity,
  };
}

export interface MessageOptions {
  readonly bundle?: KeyBundle;
  readonly padding?: number;
  readonly id?: string;
}

function keyPair(): KeyPair {
  const { pubKey, privKey } = generateKeyPair();
  return { pubKey: Buffer.from(pubKey), privKey: Buffer.from(privKey) };
}

/** libsignal takes a dot in a name for the device number. */
function address(phone: string): ProtocolAddress {
  return new ProtocolAddress(phone.split('@')[0] ?? phone, DEVICE);
}

function raw(key: Buffer): Uint8Array {
  return new Uint8Array(key.subarray(1));
}

function typed(key: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([5]), key]);
}

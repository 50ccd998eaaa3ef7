import type { KeyObject } from 'node:crypto';
import type { CipherState } from './cipher-state.js';
import { exactPart, type MessageParts, payloadPart } from './message-parts.js';
import { NoiseError } from './noise-error.js';
import type { NoiseStaticKey } from './static-key.js';
import { SymmetricState } from './symmetric-state.js';
import { diffieHellmanRaw, importPrivateKey, keyBytes, randomPrivateKey, rawPublicKey } from './x25519.js';

/**
 * Which bytes enter the transcript. `spec` follows the Noise text; `wa` leaves out the empty payload of the first
 * message, as the gatekeeper's public clients do (wire facts 0.1).
 */
export type TranscriptRule = 'spec' | 'wa';

/**
 * Which messages are exchanged. The gatekeeper's own clients speak IK when they know the server's key, and XXfallback
 * when it has another; here is their place. A pattern has its own roles: they extend `Handshake` as those of XX do.
 */
export type NoisePattern = 'XX';

export interface HandshakeOptions {
  readonly transcript: TranscriptRule;
  readonly prologue: Uint8Array;
  readonly staticKey: NoiseStaticKey;
  /** Private ephemeral key, 32 bytes, for reproducible tests; fresh when absent. */
  readonly ephemeral?: Uint8Array;
}

/** A handshake message that was read and authenticated. */
export interface ReceivedMessage {
  readonly payload: Uint8Array;
  /** The other side's static public key, once the message carried it. */
  readonly remoteStatic?: Uint8Array;
}

/** State that both roles of a pattern share. Any failure destroys it; nothing is usable afterwards. */
export abstract class Handshake {
  protected readonly symmetric: SymmetricState;
  protected readonly ephemeral: KeyObject;
  protected remoteEphemeral = new Uint8Array();
  private readonly transcript: TranscriptRule;
  protected readonly staticKey: NoiseStaticKey;
  /** Messages done so far; -1 = failed or handed over. */
  private step = 0;

  constructor(pattern: NoisePattern, options: HandshakeOptions) {
    this.symmetric = new SymmetricState(`Noise_${pattern}_25519_AESGCM_SHA256`);
    this.transcript = options.transcript;
    this.staticKey = options.staticKey;
    const fresh = options.ephemeral === undefined ? randomPrivateKey() : undefined;
    this.ephemeral = importPrivateKey(options.ephemeral ?? fresh ?? new Uint8Array());
    fresh?.fill(0);
    this.symmetric.mixHash(options.prologue);
  }

  /** Overwrite all secrets that are in buffers. */
  destroy(): void {
    this.step = -1;
    this.symmetric.destroy();
  }

  /** Run one step exactly once and in order. */
  protected async advance<T>(from: number, run: () => T | Promise<T>): Promise<T> {
    if (this.step !== from) throw new NoiseError('bad_state');
    // Taken before any await, so that a second call during a slow key agreement is refused.
    this.step = -1;
    try {
      const result = await run();
      this.step = from + 1;
      return result;
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  protected splitAfter(step: number): [CipherState, CipherState] {
    if (this.step !== step) throw new NoiseError('bad_state');
    this.step = -1;
    return this.symmetric.split();
  }

  protected writeEphemeral(): Uint8Array {
    const publicKey = rawPublicKey(this.ephemeral);
    this.symmetric.mixHash(publicKey);
    return publicKey;
  }

  protected readEphemeral(parts: MessageParts): void {
    this.remoteEphemeral = Uint8Array.from(exactPart(parts.ephemeral, keyBytes));
    this.symmetric.mixHash(this.remoteEphemeral);
  }

  protected mixEphemeral(remotePublic: Uint8Array): void {
    this.symmetric.mixKey(diffieHellmanRaw(this.ephemeral, remotePublic));
  }

  /** @throws NoiseError `bad_key` when the key's owner gives no usable secret */
  protected async mixStatic(remotePublic: Uint8Array): Promise<void> {
    const secret = await this.staticKey.dh(remotePublic);
    if (secret.length !== keyBytes || secret.every((byte) => byte === 0)) throw new NoiseError('bad_key');
    this.symmetric.mixKey(secret);
  }

  protected writePayload(payload: Uint8Array, first = false): Uint8Array {
    const bounded = payloadPart(payload);
    if (first && this.skipsFirst(bounded)) return bounded;
    return this.symmetric.encryptAndHash(bounded);
  }

  protected readPayload(parts: MessageParts, first = false): Uint8Array {
    const payload = payloadPart(parts.payload);
    if (first && this.skipsFirst(payload)) return payload;
    return this.symmetric.decryptAndHash(payload);
  }

  private skipsFirst(payload: Uint8Array): boolean {
    return this.transcript === 'wa' && payload.length === 0;
  }
}

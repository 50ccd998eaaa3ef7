import { createCipheriv, createDecipheriv, diffieHellman, hkdfSync, randomBytes } from 'node:crypto';
import { RelayError } from './relay-error.js';
import { importRelayKey, type RelayKeyPair } from './relay-key.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** Who holds this end: fanout has the device's socket, session the upstream connection. */
export type RelaySide = 'fanout' | 'session';

/**
 * Seals content between the pod that holds a device's socket and the pod that holds its upstream connection.
 *
 * Both derive two AES-256-GCM keys, one per direction, from X25519 over keys made for this connection alone:
 * HKDF-SHA256 with both public keys as salt and the connection's name as info. Once the keys are gone every copy of
 * a sealed body, wherever it lies, is unreadable. Nonces are random: a connection carries far fewer than 2^32 bodies.
 */
export class RelaySeal {
  readonly #sealing: Buffer;
  readonly #opening: Buffer;
  #alive = true;

  /**
   * @param side which end this is
   * @param own this end's key pair
   * @param peer the other end's public key, base64
   * @param connection names the connection, e.g. `{sessionKey}#{epoch}`; both ends must say the same
   * @throws {RelayError} `relay_key_invalid`
   */
  constructor(side: RelaySide, own: RelayKeyPair, peer: string, connection: string) {
    const shared = agree(own, peer);
    const [fanout, session] = side === 'fanout' ? [own.publicKey, peer] : [peer, own.publicKey];
    const salt = Buffer.concat([Buffer.from(fanout, 'base64'), Buffer.from(session, 'base64')]);
    const derived = Buffer.from(
      hkdfSync('sha256', shared, salt, `causeway relay v1 ${connection}`, 2 * KEY_BYTES),
    );
    shared.fill(0);
    const [up, down] = [derived.subarray(0, KEY_BYTES), derived.subarray(KEY_BYTES)];
    [this.#sealing, this.#opening] = side === 'fanout' ? [up, down] : [down, up];
  }

  /**
   * @param context what the body belongs to (event type and id); must be the same when opening
   * @returns nonce ‖ ciphertext ‖ tag in base64
   * @throws {RelayError} `relay_seal_destroyed`
   */
  seal(context: string, clear: Uint8Array): string {
    this.#mustLive();
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#sealing, nonce).setAAD(Buffer.from(context));
    return Buffer.concat([nonce, cipher.update(clear), cipher.final(), cipher.getAuthTag()]).toString(
      'base64',
    );
  }

  /**
   * @throws {RelayError} `relay_body_unreadable` when the body was not sealed for this connection and context
   */
  open(context: string, sealed: string): Buffer {
    this.#mustLive();
    const bytes = Buffer.from(sealed, 'base64');
    if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new RelayError('relay_body_unreadable');
    const decipher = createDecipheriv('aes-256-gcm', this.#opening, bytes.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(context))
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch (cause) {
      throw new RelayError('relay_body_unreadable', { cause });
    }
  }

  /** Overwrites the keys; afterwards nothing that was sealed can be opened. */
  destroy(): void {
    this.#alive = false;
    this.#sealing.fill(0);
    this.#opening.fill(0);
  }

  #mustLive(): void {
    if (!this.#alive) throw new RelayError('relay_seal_destroyed');
  }
}

function agree(own: RelayKeyPair, peer: string): Buffer {
  try {
    return diffieHellman({ privateKey: own.privateKey, publicKey: importRelayKey(peer) });
  } catch (cause) {
    if (cause instanceof RelayError) throw cause;
    throw new RelayError('relay_key_invalid', { cause });
  }
}

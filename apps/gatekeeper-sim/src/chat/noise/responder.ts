import { x25519 } from '@noble/curves/ed25519.js';
import { SimulatorError } from '../../errors.js';
import { CipherState, SymmetricState } from './symmetric.js';

/**
 * How the empty payload of the first message enters the transcript: `spec` hashes it as the Noise
 * specification says, `wa` leaves it out as the public clients do.
 */
export type TranscriptRule = 'spec' | 'wa';

export interface ResponderOptions {
  readonly transcript: TranscriptRule;
  readonly prologue: Uint8Array;
  /** The server's static private key, 32 bytes. */
  readonly staticSecret: Uint8Array;
  /** Only fixtures set it; 32 bytes. */
  readonly ephemeralSecret?: Uint8Array;
}

/** Ciphers of the established channel, as the responder uses them. */
export interface Channel {
  readonly receive: CipherState;
  readonly send: CipherState;
}

const protocol = 'Noise_XX_25519_AESGCM_SHA256';

/** The responder's side of one XX handshake; call the four methods in the order they stand here. */
export class NoiseResponder {
  readonly #state: SymmetricState;
  readonly #ephemeral: Uint8Array;
  #remoteEphemeral = new Uint8Array();

  constructor(private readonly options: ResponderOptions) {
    this.#state = new SymmetricState(protocol, options.prologue);
    this.#ephemeral = options.ephemeralSecret ?? x25519.utils.randomSecretKey();
  }

  /** -> e, payload (in the clear). */
  readFirst(ephemeral: Uint8Array, payload: Uint8Array): void {
    if (ephemeral.length !== 32) throw new SimulatorError('noise_failed', 'ephemeral key is not 32 bytes');
    this.#remoteEphemeral = Uint8Array.from(ephemeral);
    this.#state.mixHash(ephemeral);
    if (payload.length > 0 || this.options.transcript === 'spec') this.#state.decryptAndHash(payload);
  }

  /** <- e, ee, s, es, payload. */
  writeSecond(payload: Uint8Array): { ephemeral: Uint8Array; static: Uint8Array; payload: Uint8Array } {
    const ephemeral = x25519.getPublicKey(this.#ephemeral);
    this.#state.mixHash(ephemeral);
    this.#state.mixKey(shared(this.#ephemeral, this.#remoteEphemeral));
    const sealedStatic = this.#state.encryptAndHash(x25519.getPublicKey(this.options.staticSecret));
    this.#state.mixKey(shared(this.options.staticSecret, this.#remoteEphemeral));
    return { ephemeral, static: sealedStatic, payload: this.#state.encryptAndHash(payload) };
  }

  /** -> s, se, payload. Throws SimulatorError `noise_failed`. */
  readThird(
    sealedStatic: Uint8Array,
    sealedPayload: Uint8Array,
  ): { static: Uint8Array; payload: Uint8Array } {
    const remoteStatic = this.#state.decryptAndHash(sealedStatic);
    if (remoteStatic.length !== 32) throw new SimulatorError('noise_failed', 'static key is not 32 bytes');
    this.#state.mixKey(shared(this.#ephemeral, remoteStatic));
    return { static: remoteStatic, payload: this.#state.decryptAndHash(sealedPayload) };
  }

  split(): Channel {
    const [receive, send] = this.#state.split();
    return { receive, send };
  }
}

function shared(secret: Uint8Array, remote: Uint8Array): Uint8Array {
  try {
    return x25519.getSharedSecret(secret, remote);
  } catch {
    // A point of low order gives no secret.
    throw new SimulatorError('noise_failed', 'the remote key gives no shared secret');
  }
}

import type { CipherState } from './cipher-state.js';
import { NoiseError } from './noise-error.js';

const noData = new Uint8Array();

/** The channel after the handshake: each direction has its own key and counter. One failure closes it. */
export class NoiseTransport {
  private closed = false;

  constructor(
    private readonly sending: CipherState,
    private readonly receiving: CipherState,
  ) {}

  /** @throws NoiseError `too_large` (nothing sent, still open), `nonce_exhausted`, `bad_state` */
  encrypt(plaintext: Uint8Array): Uint8Array {
    this.assertOpen();
    return this.sending.encrypt(plaintext, noData);
  }

  /** @throws NoiseError `decrypt_failed` for a damaged, replayed or reordered message, `bad_message`, `nonce_exhausted`, `bad_state` */
  decrypt(ciphertext: Uint8Array): Uint8Array {
    this.assertOpen();
    try {
      return this.receiving.decrypt(ciphertext, noData);
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  /** Overwrite both keys. */
  destroy(): void {
    this.closed = true;
    this.sending.destroy();
    this.receiving.destroy();
  }

  private assertOpen(): void {
    if (this.closed) throw new NoiseError('bad_state');
  }
}

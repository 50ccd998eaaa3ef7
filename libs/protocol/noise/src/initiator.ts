import { Handshake, type HandshakeOptions, type ReceivedMessage } from './handshake.js';
import { encryptedKeyBytes, exactPart, type MessageParts } from './message-parts.js';
import { NoiseTransport } from './transport.js';

/** The client's side of XX: write message 1, read message 2, write message 3, then take the transport. */
export class NoiseInitiator extends Handshake {
  private written = 0;

  constructor(options: HandshakeOptions) {
    super('XX', options);
  }

  /** Message 1 (`ephemeral`, payload in clear), then message 3 (`static`, payload encrypted). @throws NoiseError */
  writeMessage(payload: Uint8Array = new Uint8Array()): Promise<MessageParts> {
    if (this.written++ === 0) {
      return this.advance(0, () => ({
        ephemeral: this.writeEphemeral(),
        payload: this.writePayload(payload, true),
      }));
    }
    return this.advance(2, async () => {
      const encrypted = this.symmetric.encryptAndHash(this.staticKey.publicKey());
      await this.mixStatic(this.remoteEphemeral);
      return { static: encrypted, payload: this.writePayload(payload) };
    });
  }

  /**
   * Message 2. The server's static key is authentic only towards this channel: bind it to a certificate before trusting.
   *
   * @throws NoiseError
   */
  readMessage(parts: MessageParts): Promise<ReceivedMessage & { readonly remoteStatic: Uint8Array }> {
    return this.advance(1, () => {
      this.readEphemeral(parts);
      this.mixEphemeral(this.remoteEphemeral);
      const remoteStatic = this.symmetric.decryptAndHash(exactPart(parts.static, encryptedKeyBytes));
      this.mixEphemeral(remoteStatic);
      return { remoteStatic, payload: this.readPayload(parts) };
    });
  }

  /** After message 3 was written. @throws NoiseError `bad_state` */
  transport(): NoiseTransport {
    const [sending, receiving] = this.splitAfter(3);
    return new NoiseTransport(sending, receiving);
  }
}

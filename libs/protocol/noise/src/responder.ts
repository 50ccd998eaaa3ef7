import { Handshake, type HandshakeOptions, type ReceivedMessage } from './handshake.js';
import { encryptedKeyBytes, exactPart, type MessageParts } from './message-parts.js';
import { NoiseTransport } from './transport.js';

/** The server's side of XX: read message 1, write message 2, read message 3, then take the transport. */
export class NoiseResponder extends Handshake {
  private received = 0;

  constructor(options: HandshakeOptions) {
    super('XX', options);
  }

  /** Message 1, then message 3, whose result names the client's static key. @throws NoiseError */
  readMessage(parts: MessageParts): Promise<ReceivedMessage> {
    if (this.received++ === 0) {
      return this.advance(0, () => {
        this.readEphemeral(parts);
        return { payload: this.readPayload(parts, true) };
      });
    }
    return this.advance(2, () => {
      const remoteStatic = this.symmetric.decryptAndHash(exactPart(parts.static, encryptedKeyBytes));
      this.mixEphemeral(remoteStatic);
      return { remoteStatic, payload: this.readPayload(parts) };
    });
  }

  /** Message 2. @throws NoiseError */
  writeMessage(payload: Uint8Array = new Uint8Array()): Promise<MessageParts> {
    return this.advance(1, async () => {
      const ephemeral = this.writeEphemeral();
      this.mixEphemeral(this.remoteEphemeral);
      const encrypted = this.symmetric.encryptAndHash(this.staticKey.publicKey());
      await this.mixStatic(this.remoteEphemeral);
      return { ephemeral, static: encrypted, payload: this.writePayload(payload) };
    });
  }

  /** After message 3 was read. @throws NoiseError `bad_state` */
  transport(): NoiseTransport {
    const [receiving, sending] = this.splitAfter(3);
    return new NoiseTransport(sending, receiving);
  }
}

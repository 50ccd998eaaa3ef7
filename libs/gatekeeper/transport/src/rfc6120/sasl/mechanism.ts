import type { ScramMechanism } from '../rfc6120-profile.js';
import { ScramClient } from './scram.js';

/** What @xmpp's SASL asks of a mechanism. */
interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * A SCRAM client in the form that @xmpp's SASL factory creates. @xmpp ends its exchange with `<success>` unread, so
 * whoever owns the connection has the server's proof verified by the client that `onCreated` was told of.
 */
export function mechanismOf(name: ScramMechanism, onCreated: (client: ScramClient) => void): unknown {
  function Mechanism(this: { client: ScramClient; challenged: string | undefined }): void {
    this.client = new ScramClient(name);
    onCreated(this.client);
  }
  Mechanism.prototype = {
    name,
    clientFirst: true,
    challenge(this: { challenged: string }, text: string): void {
      this.challenged = text;
    },
    async response(
      this: { client: ScramClient; challenged?: string },
      { username, password }: Credentials,
    ): Promise<string> {
      return this.challenged === undefined
        ? this.client.first(username)
        : this.client.final(this.challenged, password);
    },
  };
  return Mechanism;
}

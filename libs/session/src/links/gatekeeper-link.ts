import { UpstreamError } from '@causeway/transport';
import type { Stanza } from '@causeway/xml';
import { LinkRefused, type LinkEnd, type LoggedIn, type UpstreamLink } from '../sessions/ports.js';
import { endOf } from './gatekeeper-links.js';
import type { LinkHandlers, WireConnection } from './wire-connection.js';

/** An upstream connection of the transport, as the session sees it. */
export class GatekeeperLink<Success> implements UpstreamLink {
  readonly #connection: WireConnection<Success>;
  #onStanza: (received: Stanza) => Promise<void> = async () => undefined;
  #onUnreadable: (head: Stanza) => Promise<void> = async () => undefined;
  #onEnd: (end: LinkEnd) => void = () => undefined;

  /** @param addressOf the account's address, by what the wire says of the login */
  constructor(
    open: (handlers: LinkHandlers) => WireConnection<Success>,
    private readonly addressOf: (success: Success) => string,
  ) {
    this.#connection = open({
      onStanza: (received) => this.#onStanza(received),
      onUnreadable: ({ head }) => void (head !== undefined && this.#onUnreadable(head)),
      onClosed: (reason) => this.#onEnd(endOf(reason)),
    });
  }

  onStanza(handle: (received: Stanza) => Promise<void>): void {
    this.#onStanza = handle;
  }

  onUnreadable(handle: (head: Stanza) => Promise<void>): void {
    this.#onUnreadable = handle;
  }

  onEnd(handle: (end: LinkEnd) => void): void {
    this.#onEnd = handle;
  }

  async connect(): Promise<LoggedIn> {
    return { address: this.addressOf(await refusing(this.#connection.connect())) };
  }

  query(request: Stanza, timeoutMs: number): Promise<Stanza> {
    return refusing(this.#connection.query(request, { timeoutMs }));
  }

  send(outgoing: Stanza): Promise<void> {
    return refusing(this.#connection.send(outgoing));
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}

async function refusing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof UpstreamError) throw new LinkRefused(endOf(error), { cause: error });
    throw error;
  }
}

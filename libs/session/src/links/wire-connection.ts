import type { Stanza } from '@causeway/xml';
import type { UpstreamError } from '@causeway/transport';

/**
 * What every wire's connection can do; the stanzas are those of a session, whatever the wire makes of them. `Success` is
 * what the wire says of a login.
 */
export interface WireConnection<Success = unknown> {
  connect(): Promise<Success>;
  query(request: Stanza, options: { readonly timeoutMs: number }): Promise<Stanza>;
  send(outgoing: Stanza): Promise<void>;
  close(): Promise<void>;
}

/** What a connection reports, on every wire. */
export interface LinkHandlers {
  readonly onStanza: (received: Stanza) => Promise<void>;
  readonly onUnreadable: (unreadable: { readonly head?: Stanza | undefined }) => void;
  readonly onClosed: (reason: UpstreamError) => void;
}

/// <reference types="./xmpp.js" />
import type { Stanza } from '@causeway/xml';
import { Client } from '@xmpp/client-core';
import iqCallerOf from '@xmpp/iq/caller.js';
import middlewareOf from '@xmpp/middleware';
import { UpstreamError } from '../upstream-error.js';
import type { WireProfile } from '../wire-profile.js';
import type { WireSocket } from '../wire/wire-socket.js';
import { elementOf, stanzaOf } from './element.js';
import { wireTransport } from './wire-transport.js';

/** What goes through @xmpp and what comes out of it. */
export interface XmppEntity {
  /** Connect and open the stream; rejects with the socket's error. */
  open(): Promise<void>;
  /** The login succeeded. */
  ready(): void;
  send(stanza: Stanza): Promise<void>;
  /** Send an IQ with an id and wait for its result; there is no deadline here, `reject` ends the wait. */
  request(stanza: Stanza): Promise<Stanza>;
  reject(id: string, error: UpstreamError): void;
  /** Run a received stanza through the middleware. */
  route(stanza: Stanza): void;
}

// Deadlines are ours, on the injected clock; @xmpp's own timers are set beyond them.
const never = 2 ** 31 - 1;

/**
 * An entity of @xmpp on our wire, of the parts that it needs: core, middleware and callers of IQs. `client()` of
 * @xmpp/client adds to each connection a dozen plugins for a stream that this wire does not have (STARTTLS, SASL, binding,
 * stream management), some 8 KiB, and a reconnection, which is the business of the session's owner.
 *
 * @param onStanza a stanza that reached the end of the middleware
 * @param onError an error inside @xmpp's middleware
 */
export function createEntity(
  wire: WireSocket,
  profile: WireProfile,
  onStanza: (stanza: Stanza) => void,
  onError: (error: unknown) => void,
): XmppEntity {
  const service = `causeway+${profile.url}`;
  const domain = new URL(profile.url).hostname;
  const entity = new Client({ service, domain, timeout: never });
  const middleware = middlewareOf({ entity });
  const iqCaller = iqCallerOf({ entity, middleware });
  entity.transports.unshift(wireTransport(wire, profile.url, service));
  // Stanzas arrive whole; without a parser (before open, after an error) there is nobody to tell.
  entity._onData = (item) => entity.parser?.write(item);
  entity.on('error', onError);
  middleware.use((context) => onStanza(stanzaOf(context.stanza)));

  return {
    // Not `entity.start()`: it leaves a rejection unhandled when the socket fails before the stream is open.
    async open() {
      await entity.connect(service);
      await entity.open({ domain, lang: undefined });
    },
    ready: () => entity._ready(),
    send: (stanza) => entity.send(elementOf(stanza)),
    request: async (stanza) => stanzaOf(await iqCaller.request(elementOf(stanza), never)),
    reject: (id, error) => iqCaller.handlers.get(id)?.reject(error),
    route(stanza) {
      try {
        entity._onData(elementOf(stanza));
      } catch (error) {
        // @xmpp/jid throws for an address that it has no form for, before any middleware ran: the stanza is not lost.
        onError(error);
        onStanza(stanza);
      }
    },
  };
}

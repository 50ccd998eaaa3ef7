/// <reference types="../../xmpp/xmpp.js" />
import { EventEmitter } from 'node:events';
import { serializeXml, XmlError, XmlStreamParser, type Stanza } from '@causeway/xml';
import { client } from '@xmpp/client';
import { Element } from '@xmpp/xml';
import { UpstreamError } from '../../upstream-error.js';
import { elementOf, stanzaOf } from '../../xmpp/element.js';
import { ns } from '../namespaces.js';
import type { Rfc6120Login, Rfc6120Profile } from '../rfc6120-profile.js';
import { mechanismOf } from '../sasl/mechanism.js';
import type { ScramClient } from '../sasl/scram.js';
import { streamFooter, streamHeader } from './header.js';
import type { SecureSocket } from './secure-socket.js';

/** What goes through @xmpp/client and what comes out of it. */
export interface StreamEntity {
  /** Connect, encrypt and open the stream; rejects with the socket's error. */
  open(): Promise<void>;
  send(stanza: Stanza): Promise<void>;
  /** Send where a failure is told by the end of the connection alone. */
  post(stanza: Stanza): void;
  /** Say that nothing more is sent (RFC 6120, 4.4). */
  endStream(): void;
  /** Send an IQ with an id and wait for its result; there is no deadline here, `reject` ends the wait. */
  request(stanza: Stanza): Promise<Stanza>;
  reject(id: string, error: UpstreamError): void;
  rejectAll(error: UpstreamError): void;
  /** Hand what was received to @xmpp. */
  route(stanza: Stanza): void;
  /** A session was resumed: no binding tells @xmpp so. */
  ready(): void;
}

export interface StreamHandlers {
  /** Whatever the server sends inside the stream; nothing reaches @xmpp but by `route`. */
  readonly onStanza: (stanza: Stanza) => void;
  readonly onStreamEnd: () => void;
  /** The bytes are no stream that can be read on. */
  readonly onUnreadable: (error: UpstreamError) => void;
  /** The SASL exchange has begun. */
  readonly onLogin: (client: ScramClient) => void;
  readonly onBound: (address: string) => void;
  /** An error inside @xmpp. */
  readonly onError: (error: unknown) => void;
}

/** What @xmpp/client asks of a transport (duck-typed; it has no types). */
interface WritingEntity {
  write(item: string): Promise<void>;
}

// Deadlines are ours, on the injected clock; @xmpp's own timers are set beyond them.
const never = 2 ** 31 - 1;

/** Namespaces that a stream's own start declares; elements that @xmpp reads inherit them. */
const root = new Element('stream:stream', { xmlns: ns.client, 'xmlns:stream': ns.streams });

/**
 * An entity of @xmpp/client as shipped for the stream, SASL, binding and IQs, over our socket and with our parser. Its
 * reconnection is off, so is its own TCP, and of its SASL mechanisms only ours are left.
 */
export function createStreamEntity(
  socket: SecureSocket,
  profile: Rfc6120Profile,
  login: Rfc6120Login,
  handlers: StreamHandlers,
): StreamEntity {
  const { domain } = profile;
  const service = `causeway+xmpp://${domain}`;
  const credentials = { username: login.localpart, password: login.secret };
  const entity = client({ service, domain, timeout: never, resource: login.resource, ...credentials });
  entity.reconnect.stop();
  entity.transports.length = 0;
  entity.transports.push(streamTransport(socket, profile, service, handlers));
  entity.saslFactory._mechs.length = 0;
  for (const name of profile.mechanisms) entity.saslFactory.use(mechanismOf(name, handlers.onLogin));
  entity._onData = (item) => entity.parser?.write(item);
  entity.on('error', handlers.onError);
  entity.on('online', (address: unknown) => handlers.onBound(String(address)));

  return {
    // Not `entity.start()`: it leaves a rejection unhandled when the socket fails before the stream is open.
    async open() {
      await entity.connect(service);
      await entity.open({ domain, lang: undefined });
    },
    send: (outgoing) => entity.send(elementOf(outgoing)),
    post: (outgoing) => void entity.send(elementOf(outgoing)).catch(() => undefined),
    endStream: () => void entity.write(streamFooter).catch(() => undefined),
    request: async (query) => stanzaOf(await entity.iqCaller.request(elementOf(query), never)),
    reject: (id, error) => entity.iqCaller.handlers.get(id)?.reject(error),
    rejectAll(error) {
      for (const waiting of entity.iqCaller.handlers.values()) waiting.reject(error);
    },
    route(received) {
      try {
        const element = elementOf(received);
        element.parent = root;
        entity._onData(element);
      } catch (error) {
        handlers.onError(error);
      }
    },
    ready: () => entity._ready(true),
  };
}

function streamTransport(
  socket: SecureSocket,
  profile: Rfc6120Profile,
  service: string,
  handlers: StreamHandlers,
): unknown {
  const adapter = new SocketAdapter(socket);
  return {
    prototype: {
      Socket: function SocketOfConnection() {
        return adapter;
      },
      Parser: function ParserOfStream() {
        return new StreamParser(profile, handlers);
      },
      socketParameters: (candidate: string) => (candidate === service ? candidate : undefined),
      headerElement: () => new Element('stream:stream'),
      header: () => streamHeader(profile.domain),
      footerElement: () => undefined,
      footer: () => streamFooter,
      send(this: WritingEntity, element: Element): Promise<void> {
        // @xmpp's own serialization writes characters that XML does not have.
        return writing(() => this.write(serializeXml(stanzaOf(element))));
      },
    },
  };
}

async function writing(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (error instanceof XmlError) throw new UpstreamError('not_encodable', undefined, { cause: error });
    throw error;
  }
}

/** @xmpp's `Socket`, over the one connection of a login. It is secure from its `connect` on. */
class SocketAdapter extends EventEmitter {
  readonly secure = true;

  constructor(private readonly socket: SecureSocket) {
    super();
    // Before and after @xmpp listens, an error is the connection's business alone.
    this.on('error', () => undefined);
    socket.on('connect', () => this.emit('connect'));
    socket.on('data', (bytes) => this.emit('data', bytes));
    socket.on('error', (error) => this.emit('error', error));
    socket.on('close', (dirty, reason) => this.emit('close', dirty, reason));
  }

  connect(): void {
    this.socket.connect();
  }

  write(text: string, done: (error?: unknown) => void): void {
    try {
      this.socket.write(text);
    } catch (error) {
      return done(error);
    }
    done();
  }

  end(): void {
    this.socket.end();
  }
}

/** @xmpp's `Parser`, one for each of the streams that follow one another on a connection. */
class StreamParser extends EventEmitter {
  private readonly parser: XmlStreamParser;

  constructor(
    { limits }: Rfc6120Profile,
    private readonly handlers: StreamHandlers,
  ) {
    super();
    this.parser = new XmlStreamParser(
      {
        maxLength: limits.maxStanzaBytes,
        maxDepth: limits.maxDepth,
        maxElements: limits.maxElements,
        maxAttributes: limits.maxAttributes,
        // A peer's formatted text must not end the stream.
        dropsMixedText: true,
      },
      {
        onStart: (root) => this.emit('start', elementOf(root)),
        onStanza: handlers.onStanza,
        onEnd: handlers.onStreamEnd,
      },
    );
  }

  write(item: unknown): void {
    if (item instanceof Element) return void this.emit('element', item);
    if (!(item instanceof Uint8Array)) return;
    try {
      this.parser.push(item);
    } catch (error) {
      this.handlers.onUnreadable(new UpstreamError('wire_broken', undefined, { cause: error }));
    }
  }
}

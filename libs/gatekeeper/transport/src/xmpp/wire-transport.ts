/// <reference types="./xmpp.js" />
import { EventEmitter } from 'node:events';
import { Element } from '@xmpp/xml';
import { UpstreamError } from '../upstream-error.js';
import type { WireSocket } from '../wire/wire-socket.js';
import { stanzaOf } from './element.js';

/** What @xmpp writes where a text wire has its stream header. */
const header = Symbol('stream header');
/** What the socket reports once the header was written. */
const opened = Symbol('stream opened');

/** What @xmpp/client asks of a transport (duck-typed; it has no types). */
interface WritingEntity {
  write(item: unknown): Promise<void>;
}

/** @xmpp's `Parser`: what arrives is parsed already, so it only reports it. */
class WireParser extends EventEmitter {
  write(item: unknown): void {
    if (item === opened) this.emit('start', new Element('stream'));
    else this.emit('element', item);
  }
}

/** @xmpp's `Socket`, over the one wire socket of this connection. */
class SocketAdapter extends EventEmitter {
  readonly secure: boolean;

  constructor(
    private readonly wire: WireSocket,
    private readonly url: string,
  ) {
    super();
    this.secure = wire.secure;
    // Before and after @xmpp listens, an error is the connection's business alone.
    this.on('error', () => undefined);
    wire.on('connect', () => this.emit('connect'));
    wire.on('error', (error) => this.emit('error', error));
    wire.on('close', (dirty, reason) => this.emit('close', dirty, reason));
  }

  connect(): void {
    this.wire.connect(this.url);
  }

  write(item: unknown, done: (error?: unknown) => void): void {
    try {
      if (item instanceof Element) this.wire.send(stanzaOf(item));
      else if (item !== header) throw new UpstreamError('not_encodable');
    } catch (error) {
      return done(error);
    }
    done();
    // Only after `open()` waits for it; received stanzas flow from then on.
    if (item === header) setImmediate(() => this.open());
  }

  end(): void {
    this.wire.end();
  }

  private open(): void {
    this.emit('data', opened);
    this.wire.resume();
  }
}

/**
 * The transport to push onto `entity.transports`; it serves exactly `service`. @xmpp takes all it needs from the
 * prototype and makes a socket per connection: here always the one of this connection.
 */
export function wireTransport(wire: WireSocket, url: string, service: string): unknown {
  const socket = new SocketAdapter(wire, url);
  return {
    prototype: {
      Socket: function WireSocketOfConnection() {
        return socket;
      },
      Parser: WireParser,
      socketParameters: (candidate: string) => (candidate === service ? candidate : undefined),
      headerElement: () => new Element('stream'),
      header: () => header,
      send(this: WritingEntity, element: Element): Promise<void> {
        return this.write(element);
      },
    },
  };
}

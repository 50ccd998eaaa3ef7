import { isJidServer } from '@causeway/jid';
import type { Stanza } from '@causeway/xml';
import { BinaryXmlError } from './binary-xml-error.js';
import type { Dictionary } from './dictionary.js';
import { unpack } from './packed.js';
import { Reader } from './reader.js';
import { doublePages, singleTokens, tags } from './tags.js';
import { jidIn, jidText, serverOf } from './wire-jid.js';

/** Bounds of one received stanza. */
export interface DecodeLimits {
  /** Bytes of the whole stanza. */
  readonly maxBytes: number;
  readonly maxDepth: number;
  /** Elements in the whole stanza. */
  readonly maxElements: number;
  /** Attributes of one element. */
  readonly maxAttributes: number;
}

export interface DecodeOptions {
  readonly dictionary: Dictionary;
  readonly limits: DecodeLimits;
  /**
   * Who wrote. Left out, an interop JID is read with and without its server string; the one stanza that this cannot
   * tell is a client's whose next value after such a JID is the text `interop`.
   */
  readonly direction?: 'client' | 'server';
}

type Value = string | Uint8Array;

/**
 * Decode one stanza from exactly these bytes (without the flag byte). Bytes of the result are copies.
 *
 * @throws BinaryXmlError for anything that is not one stanza within the limits; no other error whatever the bytes
 */
export function decodeStanza(bytes: Uint8Array, options: DecodeOptions): Stanza {
  if (bytes.length > options.limits.maxBytes) throw new BinaryXmlError('too_large');
  const decoder = new Decoder(new Reader(bytes), options);
  const stanza = decoder.element(1);
  if (decoder.reader.remaining > 0) throw new BinaryXmlError('trailing_bytes');
  return stanza;
}

/**
 * Read only the tag and the attributes of a stanza whose content is damaged or beyond the limits, so that it can be
 * refused by its id.
 *
 * @throws BinaryXmlError when even these cannot be read
 */
export function decodeStanzaHead(bytes: Uint8Array, options: DecodeOptions): Stanza {
  return new Decoder(new Reader(bytes), options).head().element;
}

class Decoder {
  private elements = 0;
  private readonly interopServer: readonly Uint8Array[];

  constructor(
    readonly reader: Reader,
    private readonly options: DecodeOptions,
  ) {
    const token = options.dictionary.codeOf('interop');
    const raw = Uint8Array.of(tags.binary8, 7, ...new TextEncoder().encode('interop'));
    this.interopServer = token === undefined ? [raw] : [raw, Uint8Array.from(token)];
  }

  element(depth: number): Stanza {
    const { maxDepth, maxElements } = this.options.limits;
    if (depth > maxDepth) throw new BinaryXmlError('too_deep');
    if (++this.elements > maxElements) throw new BinaryXmlError('too_many_elements');
    const { element, hasContent } = this.head();
    return hasContent ? { ...element, content: this.content(depth) } : element;
  }

  head(): { element: Stanza; hasContent: boolean } {
    const size = this.listSize(this.reader.byte());
    if (size === undefined || size === 0) throw new BinaryXmlError('bad_element');
    const attributes = (size - 1) >> 1;
    if (attributes > this.options.limits.maxAttributes) throw new BinaryXmlError('too_many_attributes');
    const tag = this.name();
    return { element: { tag, attrs: this.attributes(attributes) }, hasContent: size % 2 === 0 };
  }

  private attributes(count: number): Readonly<Record<string, string>> {
    const attrs = new Map<string, string>();
    for (let i = 0; i < count; i++) {
      const name = this.name();
      if (attrs.has(name)) throw new BinaryXmlError('duplicate_attribute');
      attrs.set(name, asText(this.value(this.reader.byte())));
    }
    // fromEntries defines own properties whatever the name, `__proto__` included.
    return Object.fromEntries(attrs);
  }

  private content(depth: number): NonNullable<Stanza['content']> {
    const tag = this.reader.byte();
    const size = this.listSize(tag);
    if (size === undefined) {
      const value = this.value(tag);
      return typeof value === 'string' ? value : Uint8Array.from(value);
    }
    // The shortest element takes three bytes: a count that cannot be true is refused before anything is built.
    if (3 * size > this.reader.remaining) throw new BinaryXmlError('truncated');
    return Array.from({ length: size }, () => this.element(depth + 1));
  }

  /** Size of a list that begins with this byte; undefined when it begins no list. */
  private listSize(tag: number): number | undefined {
    if (tag === tags.empty) return 0;
    if (tag === tags.list8) return this.reader.byte();
    if (tag === tags.list16) return this.reader.uint16();
    return undefined;
  }

  /** A tag or an attribute's name: text that is not empty and no JID. */
  private name(): string {
    const tag = this.reader.byte();
    const text = tag >= tags.interopJid && tag <= tags.adJid ? '' : asText(this.value(tag));
    if (text === '' || tag === tags.jidPair) throw new BinaryXmlError('bad_element');
    return text;
  }

  private value(tag: number): Value {
    if (tag === tags.empty) return '';
    if (tag < singleTokens) return this.options.dictionary.singleToken(tag);
    if (tag < tags.dictionary + doublePages) {
      return this.options.dictionary.doubleToken(tag - tags.dictionary, this.reader.byte());
    }
    switch (tag) {
      case tags.binary8:
        return this.reader.view8(this.reader.byte());
      case tags.binary20:
        return this.reader.view8(this.reader.uint24() & 0x0fffff);
      case tags.binary32:
        return this.reader.view8(this.reader.uint32());
      case tags.nibble8:
      case tags.hex8: {
        const length = this.reader.byte();
        return unpack(tag, length > 0x7f, this.reader.view8(length & 0x7f));
      }
      case tags.jidPair:
        return this.jidPair();
      case tags.adJid: {
        const server = serverOf(this.reader.byte());
        const device = this.reader.byte();
        return jidText({ ...server, device, user: this.plainText() });
      }
      case tags.fbJid: {
        const user = this.plainText();
        const device = this.reader.uint16();
        if (this.plainText() !== 'msgr') throw new BinaryXmlError('bad_jid');
        return jidText({ user, server: 'msgr', device });
      }
      case tags.interopJid:
        return this.interopJid();
      default:
        throw new BinaryXmlError('bad_tag');
    }
  }

  /** A part of a JID is plain text: a JID inside a JID would recurse without a bound. */
  private plainText(): string {
    const tag = this.reader.byte();
    if (tag === tags.jidPair || (tag >= tags.interopJid && tag <= tags.adJid)) {
      throw new BinaryXmlError('bad_jid');
    }
    return asText(this.value(tag));
  }

  private jidPair(): string {
    const user = this.plainText();
    const server = this.plainText();
    if (user === '') {
      if (server === '' || server.includes('@')) throw new BinaryXmlError('bad_jid');
      return server;
    }
    const text = `${user}@${server}`;
    // A server of tomorrow must not end the session; as text it goes back unchanged.
    if (!isJidServer(server)) {
      if (server === '' || /[@:]/.test(user + server)) throw new BinaryXmlError('bad_jid');
      return text;
    }
    const jid = jidIn(text);
    if (jid === undefined) throw new BinaryXmlError('bad_jid');
    return jidText(jid);
  }

  private interopJid(): string {
    const user = this.plainText();
    const device = this.reader.uint16();
    const integrator = this.reader.uint16();
    const server =
      this.options.direction === 'client' || this.interopServer.some((b) => this.reader.skipIf(b));
    if (this.options.direction === 'server' && !server) throw new BinaryXmlError('bad_jid');
    return jidText({ user, server: 'interop', device, integrator });
  }
}

function asText(value: Value): string {
  if (typeof value === 'string') return value;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    throw new BinaryXmlError('bad_utf8');
  }
}

import { formatAddress, type Jid } from '@causeway/jid';
import type { Stanza } from '@causeway/xml';
import { BinaryXmlError } from './binary-xml-error.js';
import type { Dictionary } from './dictionary.js';
import { unpack } from './packed.js';
import { Reader } from './reader.js';
import { doublePages, singleTokens, tags } from './tags.js';
import { adJid, fbJid, interopJid, pairJid } from './wire-jid.js';

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
  return new Decoder(new Reader(bytes), options).head();
}

class Decoder {
  private elements = 0;

  constructor(
    readonly reader: Reader,
    private readonly options: DecodeOptions,
  ) {}

  element(depth: number): Stanza {
    const { maxDepth, maxElements } = this.options.limits;
    if (depth > maxDepth) throw new BinaryXmlError('too_deep');
    if (++this.elements > maxElements) throw new BinaryXmlError('too_many_elements');
    const size = this.size();
    const tag = this.name();
    const attrs = this.attributes(size);
    return size % 2 === 0 ? { tag, attrs, content: this.content(depth) } : { tag, attrs };
  }

  head(): Stanza {
    const size = this.size();
    return { tag: this.name(), attrs: this.attributes(size) };
  }

  /** Size of an element's list: its tag, two for each attribute, and one more if it has content. */
  private size(): number {
    const size = this.listSize(this.reader.byte());
    if (size === undefined || size === 0) throw new BinaryXmlError('bad_element');
    if ((size - 1) >> 1 > this.options.limits.maxAttributes) throw new BinaryXmlError('too_many_attributes');
    return size;
  }

  private attributes(size: number): Stanza['attrs'] {
    const attrs: Record<string, string | Jid> = {};
    for (let i = 1; i + 1 < size; i += 2) {
      const name = this.name();
      if (Object.hasOwn(attrs, name)) throw new BinaryXmlError('duplicate_attribute');
      const value = this.value(this.reader.byte());
      if (name !== '__proto__') attrs[name] = value;
      else
        Object.defineProperty(attrs, name, { value, enumerable: true, writable: true, configurable: true });
    }
    return attrs;
  }

  private content(depth: number): NonNullable<Stanza['content']> {
    const tag = this.reader.byte();
    const length = this.binaryLength(tag);
    if (length !== undefined) return this.reader.copy(length);
    const size = this.listSize(tag);
    if (size === undefined) return this.textContent(tag);
    // The shortest element takes three bytes: a count that cannot be true is refused before anything is built.
    if (3 * size > this.reader.remaining) throw new BinaryXmlError('truncated');
    const elements: Stanza[] = [];
    for (let i = 0; i < size; i++) elements.push(this.element(depth + 1));
    return elements;
  }

  /** Size of a list that begins with this byte; undefined when it begins no list. */
  private listSize(tag: number): number | undefined {
    if (tag === tags.list8) return this.reader.byte();
    if (tag === tags.list16) return this.reader.uint16();
    return tag === tags.empty ? 0 : undefined;
  }

  private binaryLength(tag: number): number | undefined {
    if (tag === tags.binary8) return this.reader.byte();
    if (tag === tags.binary20) return this.reader.uint24() & 0x0fffff;
    return tag === tags.binary32 ? this.reader.uint32() : undefined;
  }

  /** A tag or an attribute's name: text that is not empty and no JID. */
  private name(): string {
    const tag = this.reader.byte();
    const text = isJidTag(tag) ? '' : this.plainText(tag);
    if (text === '') throw new BinaryXmlError('bad_element');
    return text;
  }

  /** Content is text only: a JID that stands there is read as its text. */
  private textContent(tag: number): string {
    const value = this.value(tag);
    return typeof value === 'string' ? value : formatAddress(value);
  }

  /** An attribute's value. */
  private value(tag: number): string | Jid {
    switch (tag) {
      case tags.jidPair:
        return pairJid(this.jidPart(), this.jidPart());
      case tags.adJid:
        return adJid(this.reader.byte(), this.reader.byte(), this.jidPart());
      case tags.fbJid:
        return fbJid(this.jidPart(), this.reader.uint16(), this.jidPart());
      case tags.interopJid:
        return this.interopJid();
      default:
        return this.plainText(tag);
    }
  }

  private plainText(tag: number): string {
    if (tag < singleTokens) return tag === tags.empty ? '' : this.options.dictionary.singleToken(tag);
    if (tag < tags.dictionary + doublePages) {
      return this.options.dictionary.doubleToken(tag - tags.dictionary, this.reader.byte());
    }
    if (tag === tags.nibble8 || tag === tags.hex8) {
      const length = this.reader.byte();
      return unpack(tag, length > 0x7f, this.reader.view8(length & 0x7f));
    }
    const length = this.binaryLength(tag);
    if (length === undefined) throw new BinaryXmlError('bad_tag');
    return this.reader.text(length);
  }

  /** A part of a JID is plain text: a JID inside a JID would recurse without a bound. */
  private jidPart(): string {
    const tag = this.reader.byte();
    if (isJidTag(tag)) throw new BinaryXmlError('bad_jid');
    return this.plainText(tag);
  }

  private interopJid(): Jid {
    const user = this.jidPart();
    const device = this.reader.uint16();
    const integrator = this.reader.uint16();
    const { direction, dictionary } = this.options;
    const named = direction !== 'client' && dictionary.interopForms.some((form) => this.reader.skipIf(form));
    if (direction === 'server' && !named) throw new BinaryXmlError('bad_jid');
    return interopJid(user, device, integrator);
  }
}

function isJidTag(tag: number): boolean {
  return tag === tags.jidPair || (tag >= tags.interopJid && tag <= tags.adJid);
}

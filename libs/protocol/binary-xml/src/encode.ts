import { isAddress, type Jid } from '@causeway/jid';
import type { Stanza } from '@causeway/xml';
import { BinaryXmlError } from './binary-xml-error.js';
import type { Dictionary } from './dictionary.js';
import { writePacked } from './packed.js';
import { tags } from './tags.js';
import { domainOf } from './wire-jid.js';
import { Writer } from './writer.js';

export interface EncodeOptions {
  readonly dictionary: Dictionary;
  /** Who writes. A client leaves the server string out of an interop JID, a server writes it. */
  readonly direction: 'client' | 'server';
  /** Bound of the result in bytes; default 2^24 - 2, what one frame holds beside the flag byte. */
  readonly maxBytes?: number;
}

const frameBytes = 2 ** 24 - 2;
const maxDepth = 64;

/**
 * Encode one stanza, without the flag byte of a frame. Text content is written as its UTF-8 bytes. A JID takes the wire
 * form of its server, a text never does, whatever it looks like. Where that form always holds a device (interop, msgr,
 * an agent), device 0 reads back as no device.
 *
 * @throws BinaryXmlError `too_large`, `too_deep`, or `not_encodable` for an empty tag, an empty attribute name, a lone
 * surrogate, a JID that no text could hold, or more attributes or children than a list counts (65,535)
 */
export function encodeStanza(stanza: Stanza, options: EncodeOptions): Uint8Array {
  const encoder = new Encoder(options);
  encoder.element(stanza, 1);
  return encoder.writer.finish();
}

class Encoder {
  readonly writer: Writer;

  constructor(private readonly options: EncodeOptions) {
    this.writer = new Writer(options.maxBytes ?? frameBytes);
  }

  element({ tag, attrs, content }: Stanza, depth: number): void {
    if (depth > maxDepth) throw new BinaryXmlError('too_deep');
    const names = Object.keys(attrs);
    if (tag === '') throw new BinaryXmlError('not_encodable');
    this.listSize(1 + 2 * names.length + (content === undefined ? 0 : 1));
    this.text(tag);
    for (const name of names) {
      if (name === '') throw new BinaryXmlError('not_encodable');
      this.text(name);
      const value = attrs[name] as string | Jid;
      if (typeof value === 'string') this.text(value);
      else this.jid(value);
    }
    if (content === undefined) return;
    if (typeof content === 'string') return this.utf8(content);
    if (content instanceof Uint8Array) return this.binary(content);
    this.listSize(content.length);
    for (const element of content) this.element(element, depth + 1);
  }

  private listSize(size: number): void {
    if (size === 0) return this.writer.byte(tags.empty);
    if (size < 256) return this.writer.twoBytes(tags.list8, size);
    if (size > 0xffff) throw new BinaryXmlError('not_encodable');
    this.writer.byte(tags.list16);
    this.writer.integer(size, 2);
  }

  private text(text: string): void {
    const token = this.options.dictionary.codeOf(text);
    if (token !== undefined) {
      if (token.second === undefined) this.writer.byte(token.first);
      else this.writer.twoBytes(token.first, token.second);
      return;
    }
    if (!writePacked(this.writer, text)) this.utf8(text);
  }

  private utf8(text: string): void {
    if (!text.isWellFormed()) throw new BinaryXmlError('not_encodable');
    const bytes = Buffer.byteLength(text, 'utf8');
    this.binaryHead(bytes);
    this.writer.utf8(text, bytes);
  }

  private binary(bytes: Uint8Array): void {
    this.binaryHead(bytes.length);
    this.writer.bytes(bytes);
  }

  private binaryHead(length: number): void {
    if (length < 256) return this.writer.twoBytes(tags.binary8, length);
    if (length >= 2 ** 32) throw new BinaryXmlError('too_large');
    this.writer.byte(length < 2 ** 20 ? tags.binary20 : tags.binary32);
    this.writer.integer(length, length < 2 ** 20 ? 3 : 4);
  }

  private jid(jid: Jid): void {
    if (!isAddress(jid)) throw new BinaryXmlError('not_encodable');
    if (jid.user === '') return this.jidPair(jid);
    if (jid.server === 'interop') return this.interopJid(jid);
    if (jid.server === 'msgr') {
      this.writer.byte(tags.fbJid);
      this.text(jid.user);
      this.writer.integer(jid.device ?? 0, 2);
      return this.text(jid.server);
    }
    const domain = domainOf(jid);
    if (domain !== undefined && (jid.device !== undefined || jid.agent !== undefined)) {
      this.writer.byte(tags.adJid);
      this.writer.byte(domain);
      this.writer.byte(jid.device ?? 0);
      return this.text(jid.user);
    }
    this.jidPair(jid);
  }

  private jidPair(jid: Jid): void {
    this.writer.byte(tags.jidPair);
    if (jid.user === '') this.writer.byte(tags.empty);
    else this.text(jid.user);
    this.text(jid.server);
  }

  private interopJid(jid: Jid): void {
    this.writer.byte(tags.interopJid);
    this.text(jid.user);
    this.writer.integer(jid.device ?? 0, 2);
    this.writer.integer(jid.integrator ?? 0, 2);
    if (this.options.direction === 'server') this.text(jid.server);
  }
}

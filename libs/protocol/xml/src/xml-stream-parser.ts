import { SaxesParser, type SaxesTagNS } from 'saxes';
import { ElementBuilder } from './element-builder.js';
import type { Stanza } from './stanza.js';
import { XmlError } from './xml-error.js';

/** Bounds of one stanza (and of the stream's own start tag). */
export interface XmlLimits {
  /** UTF-16 units of one stanza's source, and of what stands between two. */
  readonly maxLength: number;
  readonly maxDepth: number;
  /** Elements in one stanza. */
  readonly maxElements: number;
  /** Attributes of one element, namespace declarations included. */
  readonly maxAttributes: number;
}

export interface XmlStreamHandlers {
  /** The stream's start tag, without content. */
  readonly onStart: (root: Stanza) => void;
  readonly onStanza: (stanza: Stanza) => void;
  /** The stream's end tag. */
  readonly onEnd: () => void;
}

/** Limits are checked after every piece, so that what the parser holds stays near them. */
const pieceBytes = 4096;

/**
 * Reads an XMPP stream: a root element whose children are the stanzas. Document types, processing instructions,
 * comments and unknown entities end it; so does passing a limit. Names keep their prefix; unbound prefixes are refused.
 */
export class XmlStreamParser {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  private readonly parser = new SaxesParser({ xmlns: true, defaultXMLVersion: '1.0', forceXMLVersion: true });
  private builder = new ElementBuilder();
  private attributes = new Map<string, string>();
  private rootOpen = false;
  private elements = 0;
  /** Where the last stanza (or the root's start tag) ended. */
  private start = 0;
  /** UTF-16 units given to the parser. */
  private written = 0;
  private idle = false;
  private closed = false;
  /** The parser reports a close tag before it compares its name: what that tag ends waits for the next event. */
  private finished: (() => void) | undefined;
  private finishedAt = 0;

  constructor(
    private readonly limits: XmlLimits,
    private readonly handlers: XmlStreamHandlers,
  ) {
    this.parser.on('error', () => this.refuse('malformed'));
    this.parser.on('doctype', () => this.refuse('restricted'));
    this.parser.on('processinginstruction', () => this.refuse('restricted'));
    this.parser.on('comment', () => this.refuse('restricted'));
    this.parser.on('xmldecl', ({ encoding }) => {
      if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') this.refuse('bad_encoding');
    });
    this.parser.on('text', (text) => this.onText(text));
    this.parser.on('cdata', (text) => this.onText(text));
    this.parser.on('attribute', ({ name, value }) => this.onAttribute(name, value));
    this.parser.on('opentag', (tag) => this.onOpen(tag));
    this.parser.on('closetag', () => this.onClose());
  }

  /**
   * Take the next bytes, cut anywhere. Stanzas before an error in the same bytes have been handed over when it is thrown.
   *
   * @throws XmlError; the stream is closed then, and every later call throws `closed`
   */
  push(bytes: Uint8Array): void {
    if (this.closed) throw new XmlError('closed');
    try {
      for (let at = 0; at < bytes.length && !this.closed; at += pieceBytes) {
        this.take(this.decode(bytes.subarray(at, at + pieceBytes)));
      }
    } catch (error) {
      this.closed = true;
      throw error;
    }
  }

  private decode(bytes: Uint8Array): string {
    try {
      return this.decoder.decode(bytes, { stream: true });
    } catch {
      throw new XmlError('bad_encoding');
    }
  }

  private take(text: string): void {
    // White space between stanzas keeps a connection alive for ever: it must not pile up in the parser.
    if (this.idle && text.trim() === '') return;
    this.idle = false;
    this.written += text.length;
    this.parser.write(text);
    this.handOver();
    // The parser's own position is right only while it calls a handler.
    const pending = this.written - this.start;
    if (pending > this.limits.maxLength) this.refuse('too_large');
    this.idle = this.rootOpen && this.builder.depth === 0 && text.slice(text.length - pending).trim() === '';
  }

  private refuse(code: XmlError['code']): never {
    // A name that does not match is reported where the tag ended; any later error is not about what the tag closed.
    if (this.parser.position > this.finishedAt) this.handOver();
    throw new XmlError(code);
  }

  private onAttribute(name: string, value: string): void {
    if (this.attributes.has(name)) this.refuse('duplicate_attribute');
    if (this.attributes.size >= this.limits.maxAttributes) this.refuse('too_many_attributes');
    this.attributes.set(name, value);
  }

  private onOpen(tag: SaxesTagNS): void {
    this.handOver();
    if (this.closed) this.refuse('malformed');
    // fromEntries defines own properties whatever the name, `__proto__` included.
    const attrs = Object.fromEntries(this.attributes);
    this.attributes = new Map();
    if (!this.rootOpen) {
      this.rootOpen = true;
      this.endStanza();
      this.handlers.onStart({ tag: tag.name, attrs });
      return;
    }
    if (this.builder.depth >= this.limits.maxDepth) this.refuse('too_deep');
    if (++this.elements > this.limits.maxElements) this.refuse('too_many_elements');
    this.builder.start(tag.name, attrs);
  }

  private onClose(): void {
    this.handOver();
    this.finishedAt = this.parser.position;
    if (this.builder.depth === 0) {
      this.rootOpen = false;
      this.finished = () => {
        this.closed = true;
        this.handlers.onEnd();
      };
      return;
    }
    const stanza = this.builder.end();
    if (stanza === undefined) return;
    this.endStanza();
    this.finished = () => this.handlers.onStanza(stanza);
  }

  private handOver(): void {
    const finished = this.finished;
    this.finished = undefined;
    finished?.();
  }

  private onText(text: string): void {
    this.handOver();
    if (this.builder.depth > 0) this.builder.text(text);
    else if (text.trim() !== '') this.refuse('malformed');
  }

  private endStanza(): void {
    if (this.parser.position - this.start > this.limits.maxLength) this.refuse('too_large');
    this.start = this.parser.position;
    this.elements = 0;
  }
}

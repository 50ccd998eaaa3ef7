import { forbiddenCharacter, isBlank } from './characters.js';
import { ElementBuilder } from './element-builder.js';
import { cdataOpen, checkDeclaration, type Markup, markupAt, TagEnd } from './markup.js';
import { maxReferenceLength, resolveReferences } from './references.js';
import { readEndTag, readStartTag } from './start-tag.js';
import type { Stanza } from './stanza.js';
import { Utf8Stream } from './utf8-stream.js';
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
  /** Text beside child elements, which a stanza cannot hold: refused, unless it may be dropped (a peer's formatted text). */
  readonly dropsMixedText?: boolean;
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
const byteOrderMark = 0xfeff;
const cdataClose = ']]>';

/** A tag, a declaration or a CDATA section whose end is still to come. */
interface Unfinished {
  readonly markup: Markup;
  readonly end: TagEnd;
  /** Tag text that came before; joined once. */
  readonly pieces: string[];
}

/**
 * Reads an XMPP stream: a root element whose children are the stanzas. Document types, processing instructions,
 * comments and unknown entities end it; so does passing a limit. Names keep their prefix; unbound prefixes are refused.
 * Each character is looked at a bounded number of times, however the bytes are cut.
 */
export class XmlStreamParser {
  private readonly decoder = new Utf8Stream();
  private readonly builder: ElementBuilder;
  private unfinished: Unfinished | undefined;
  /** A few characters whose meaning the next ones decide: an open reference, `]]`, `<!`, a carriage return. */
  private carried = '';
  private elements = 0;
  /** UTF-16 units since the last stanza (or the root's start tag, or white space after it) ended. */
  private pending = 0;
  private state: 'new' | 'prolog' | 'open' | 'ended' = 'new';
  /** A character was seen: a byte order mark is white space no more. */
  private begun = false;
  private closed = false;

  constructor(
    private readonly limits: XmlLimits,
    private readonly handlers: XmlStreamHandlers,
  ) {
    this.builder = new ElementBuilder(limits.dropsMixedText);
  }

  /**
   * Take the next bytes, cut anywhere. Stanzas before an error in the same bytes have been handed over when it is thrown.
   *
   * @throws XmlError; the stream is closed then, and every later call throws `closed`
   */
  push(bytes: Uint8Array): void {
    if (this.closed) throw new XmlError('closed');
    try {
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        this.take(this.decoder.take(bytes.subarray(at, at + pieceBytes)));
        if (this.decoder.isBroken) throw new XmlError('bad_encoding');
      }
      this.closed = this.state === 'ended';
    } catch (error) {
      this.closed = true;
      throw error;
    }
  }

  private take(piece: string): void {
    const bad = piece.search(forbiddenCharacter);
    this.read(this.normalised(this.carried + (bad < 0 ? piece : piece.slice(0, bad))));
    if (bad >= 0) throw new XmlError('malformed');
    if (this.pending > this.limits.maxLength) throw new XmlError('too_large');
  }

  /** Every line end becomes one line feed (XML 1.0, 2.11); a carriage return at the end waits for what follows. */
  private normalised(text: string): string {
    this.carried = '';
    if (!text.includes('\r')) return text;
    if (!text.endsWith('\r')) return text.replace(/\r\n?/g, '\n');
    this.carried = '\r';
    return text.slice(0, -1).replace(/\r\n?/g, '\n');
  }

  private read(text: string): void {
    let at = 0;
    if (this.state === 'new' && text !== '') {
      if (!this.begun && text.charCodeAt(0) === byteOrderMark) at = 1;
      this.begun = true;
      if (at < text.length && text.charAt(at) !== '<') this.state = 'prolog';
    }
    while (at < text.length)
      at = this.unfinished === undefined ? this.readText(text, at) : this.readMarkup(text, at);
  }

  /** Text up to the next `<`, and what that begins. @returns where to read on */
  private readText(text: string, start: number): number {
    const found = text.indexOf('<', start);
    const end = found < 0 ? textEnd(text, start) : found;
    this.onText(text, start, end);
    if (found < 0) return this.carry(text, end);
    const markup = markupAt(text, found, this.state === 'new');
    if (markup === undefined) return this.carry(text, found);
    this.state = this.state === 'new' ? 'prolog' : this.state;
    this.unfinished = { markup, end: new TagEnd(), pieces: [] };
    const length = markup === 'cdata' ? cdataOpen.length : markup === 'start' ? 1 : 2;
    this.count(length);
    if (markup === 'cdata' && this.builder.depth < 2) throw new XmlError('malformed');
    return found + length;
  }

  private carry(text: string, from: number): number {
    this.carried = text.slice(from) + this.carried;
    return text.length;
  }

  private readMarkup(text: string, start: number): number {
    const { markup, end: tagEnd, pieces } = this.unfinished as Unfinished;
    if (markup === 'cdata') return this.readCdata(text, start);
    const end = tagEnd.find(text, start);
    const piece = text.slice(start, end < 0 ? text.length : end);
    this.count(piece.length);
    if (end < 0) {
      pieces.push(piece);
      return text.length;
    }
    this.count(1);
    this.unfinished = undefined;
    this.onTag(markup, pieces.length === 0 ? piece : pieces.join('') + piece);
    return end + 1;
  }

  private readCdata(text: string, start: number): number {
    const found = text.indexOf(cdataClose, start);
    const end = found < 0 ? text.length - trailingBrackets(text, start) : found;
    this.builder.text(text.slice(start, end));
    this.count(end - start);
    if (found < 0) return this.carry(text, end);
    this.count(cdataClose.length);
    this.unfinished = undefined;
    return found + cdataClose.length;
  }

  private onText(text: string, start: number, end: number): void {
    if (start === end) return;
    if (this.builder.depth > 1) {
      const raw = text.slice(start, end);
      if (raw.includes(cdataClose)) throw new XmlError('malformed');
      this.builder.text(resolveReferences(raw));
      this.count(end - start);
      return;
    }
    if (!isBlank(text, start, end)) throw new XmlError('malformed');
    // White space between stanzas keeps a connection alive for ever and counts for nothing.
    if (this.state === 'open') this.pending = 0;
    else this.count(end - start);
  }

  private onTag(markup: Markup, source: string): void {
    if (markup === 'declaration') return checkDeclaration(source);
    if (this.state === 'ended') throw new XmlError('malformed');
    if (markup === 'end') return this.onEnd(readEndTag(source));
    const { tag, attrs, empty } = readStartTag(source, this.limits.maxAttributes);
    if (this.builder.depth > 0) {
      if (this.builder.depth > this.limits.maxDepth) throw new XmlError('too_deep');
      if (++this.elements > this.limits.maxElements) throw new XmlError('too_many_elements');
    }
    this.builder.start(tag, attrs);
    if (this.builder.depth === 1) {
      this.finish();
      this.state = 'open';
      this.handlers.onStart({ tag, attrs });
    }
    if (empty) this.onEnd();
  }

  private onEnd(tag?: string): void {
    const element = this.builder.end(tag);
    if (element === undefined) return;
    this.finish();
    if (this.builder.depth > 0) return this.handlers.onStanza(element);
    this.state = 'ended';
    this.handlers.onEnd();
  }

  private count(units: number): void {
    this.pending += units;
  }

  private finish(): void {
    if (this.pending > this.limits.maxLength) throw new XmlError('too_large');
    this.pending = 0;
    this.elements = 0;
  }
}

/** Where text ends that may be read although more follows: before an open reference and before trailing brackets. */
function textEnd(text: string, start: number): number {
  const ampersand = text.lastIndexOf('&');
  if (ampersand >= start && text.indexOf(';', ampersand) < 0) {
    if (text.length - ampersand >= maxReferenceLength) throw new XmlError('malformed');
    return ampersand;
  }
  return text.length - trailingBrackets(text, start);
}

/** How many `]` at the end may begin a `]]>`. */
function trailingBrackets(text: string, start: number): number {
  let count = 0;
  while (count < 2 && text.length - count > start && text.charAt(text.length - 1 - count) === ']') count++;
  return count;
}

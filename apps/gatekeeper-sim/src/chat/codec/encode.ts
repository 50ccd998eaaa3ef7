import { SimulatorError } from '../../errors.js';
import type { Node } from '../../seam.js';
import type { Dictionary } from './dictionary.js';
import { wireJid, type WireJid } from './jid.js';
import { alphabets, tags } from './tags.js';

/** Who writes: the server names the server string of interop addresses, the client leaves it out. */
export type Direction = 'to-client' | 'to-server';

/** Encodes one stanza as compact binary XML, without the leading flag byte. */
export function encodeNode(node: Node, dictionary: Dictionary, direction: Direction): Uint8Array {
  const writer = new Writer(dictionary, direction);
  writer.node(node);
  return writer.bytes();
}

class Writer {
  readonly #chunks: Uint8Array[] = [];

  constructor(
    private readonly dictionary: Dictionary,
    private readonly direction: Direction,
  ) {}

  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }

  node(node: Node): void {
    const attributes = Object.entries(node.attrs);
    this.#list(1 + 2 * attributes.length + (node.content === undefined ? 0 : 1));
    this.#string(node.tag);
    for (const [name, value] of attributes) {
      this.#string(name);
      this.#value(value);
    }
    if (node.content === undefined) return;
    if (typeof node.content === 'string') this.#string(node.content);
    else if (node.content instanceof Uint8Array) this.#binary(node.content);
    else {
      this.#list(node.content.length);
      for (const child of node.content) this.node(child);
    }
  }

  #put(...bytes: number[]): void {
    this.#chunks.push(Uint8Array.from(bytes));
  }

  #list(size: number): void {
    if (size === 0) this.#put(tags.emptyList);
    else if (size <= 0xff) this.#put(tags.list8, size);
    else if (size <= 0xffff) this.#put(tags.list16, size >> 8, size & 0xff);
    else throw new SimulatorError('stanza_too_large', 'a list of the stanza is too long');
  }

  #value(text: string): void {
    const jid = wireJid(text);
    if (jid) this.#jid(jid);
    else this.#string(text);
  }

  #jid(jid: WireJid): void {
    switch (jid.form) {
      case 'interop':
        this.#put(tags.interopJid);
        this.#user(jid.user);
        this.#put(jid.device >> 8, jid.device & 0xff, jid.integrator >> 8, jid.integrator & 0xff);
        if (this.direction === 'to-client') this.#string('interop');
        return;
      case 'messenger':
        this.#put(tags.messengerJid);
        this.#user(jid.user);
        this.#put(jid.device >> 8, jid.device & 0xff);
        this.#string('msgr');
        return;
      case 'device':
        this.#put(tags.deviceJid, jid.domain, jid.device);
        this.#user(jid.user);
        return;
      case 'pair':
        this.#put(tags.jidPair);
        if (jid.user === '') this.#put(tags.emptyList);
        else this.#user(jid.user);
        this.#string(jid.server);
    }
  }

  #string(text: string): void {
    const token = this.dictionary.index.get(text);
    if (token?.length === 1) this.#put(token[0] as number);
    else if (token) this.#put(tags.doublePage0 + (token[0] as number), token[1] as number);
    else if (!this.#packed(text)) this.#binary(Buffer.from(text, 'utf8'));
  }

  /** Users are written packed or plain, never as tokens that happen to look like a number. */
  #user(text: string): void {
    if (!this.#packed(text)) this.#binary(Buffer.from(text, 'utf8'));
  }

  #packed(text: string): boolean {
    if (text.length === 0 || text.length > 127) return false;
    const nibble = /^[-.0-9]+$/.test(text);
    if (!nibble && !/^[0-9A-F]+$/.test(text)) return false;
    const alphabet = nibble ? alphabets.nibble : alphabets.hex;
    const count = Math.ceil(text.length / 2);
    this.#put(nibble ? tags.nibble8 : tags.hex8, count | (text.length % 2 ? 0x80 : 0));
    for (let i = 0; i < text.length; i += 2) {
      const low = text[i + 1];
      this.#put(
        (alphabet.indexOf(text[i] as string) << 4) | (low === undefined ? 15 : alphabet.indexOf(low)),
      );
    }
    return true;
  }

  #binary(bytes: Uint8Array): void {
    const size = bytes.length;
    if (size <= 0xff) this.#put(tags.binary8, size);
    else if (size < 1 << 20) this.#put(tags.binary20, size >> 16, (size >> 8) & 0xff, size & 0xff);
    else this.#put(tags.binary32, size >>> 24, (size >> 16) & 0xff, (size >> 8) & 0xff, size & 0xff);
    this.#chunks.push(bytes);
  }
}

import { SimulatorError } from '../../errors.js';
import type { Node } from '../../seam.js';
import type { Dictionary } from './dictionary.js';
import { jidText } from './jid.js';
import { alphabets, deviceDomains, tags } from './tags.js';

/** Bounds of one stanza; lengths in the bytes themselves cannot exceed the frame. */
export interface DecodeLimits {
  readonly depth: number;
  readonly nodes: number;
}

/** Enough for a first upload of 812 prekeys (three nodes each). */
export const defaultDecodeLimits: DecodeLimits = { depth: 16, nodes: 8192 };

/**
 * Decodes one stanza without the leading flag byte. Interop addresses are read with and without their server
 * string. Throws SimulatorError `malformed_stanza` for anything else than one whole stanza.
 */
export function decodeNode(bytes: Uint8Array, dictionary: Dictionary, limits = defaultDecodeLimits): Node {
  const reader = new Reader(bytes, dictionary, limits);
  const node = reader.node(0);
  if (!reader.atEnd()) throw malformed('bytes behind the stanza');
  return node;
}

function malformed(why: string): SimulatorError {
  return new SimulatorError('malformed_stanza', `stanza cannot be read: ${why}`);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const interopName = Buffer.from([tags.binary8, 7, ...Buffer.from('interop')]);

class Reader {
  #at = 0;
  #nodes = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly dictionary: Dictionary,
    private readonly limits: DecodeLimits,
  ) {}

  atEnd(): boolean {
    return this.#at === this.bytes.length;
  }

  node(depth: number): Node {
    if (depth > this.limits.depth) throw malformed('nested too deep');
    if (++this.#nodes > this.limits.nodes) throw malformed('too many nodes');
    const size = this.#list(this.#byte());
    if (size === undefined || size === 0) throw malformed('no list where a node begins');
    const tag = this.#plain(this.#byte());
    if (tag === '') throw malformed('empty tag');
    const attrs: Record<string, string> = {};
    for (let i = 0; i < Math.floor((size - 1) / 2); i += 1) {
      const name = this.#plain(this.#byte());
      // defineProperty keeps an attribute called __proto__ an attribute.
      Object.defineProperty(attrs, name, {
        value: this.#string(this.#byte()),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return size % 2 === 0 ? { tag, attrs, content: this.#content(depth) } : { tag, attrs };
  }

  #content(depth: number): Node[] | Uint8Array | string {
    const first = this.#byte();
    const size = this.#list(first);
    if (size !== undefined) return Array.from({ length: size }, () => this.node(depth + 1));
    const length = this.#binaryLength(first);
    return length === undefined ? this.#string(first) : Uint8Array.from(this.#take(length));
  }

  #take(count: number): Uint8Array {
    if (count > this.bytes.length - this.#at) throw malformed('a length runs past the end');
    this.#at += count;
    return this.bytes.subarray(this.#at - count, this.#at);
  }

  #byte(): number {
    return this.#take(1)[0] as number;
  }

  #number(count: number): number {
    return this.#take(count).reduce((value, byte) => value * 256 + byte, 0);
  }

  #list(first: number): number | undefined {
    if (first === tags.emptyList) return 0;
    if (first === tags.list8) return this.#byte();
    if (first === tags.list16) return this.#counted(this.#number(2));
    return undefined;
  }

  /** Each element takes at least one byte: a count beyond what is left is a lie. */
  #counted(size: number): number {
    if (size > this.bytes.length - this.#at) throw malformed('a list longer than the stanza');
    return size;
  }

  #binaryLength(first: number): number | undefined {
    if (first === tags.binary8) return this.#byte();
    if (first === tags.binary20) return this.#number(3) & 0x0fffff;
    if (first === tags.binary32) return this.#number(4);
    return undefined;
  }

  /** A string or an address. An address holds plain strings only, so that nothing nests without bound. */
  #string(first: number): string {
    const isJid = first === tags.jidPair || (first >= tags.interopJid && first <= tags.deviceJid);
    return isJid ? this.#jid(first) : this.#plain(first);
  }

  #plain(first: number): string {
    const length = this.#binaryLength(first);
    if (length !== undefined) return this.#utf8(this.#take(length));
    if (first === tags.emptyList) return '';
    if (first >= tags.doublePage0 && first <= tags.doublePage3) {
      return this.#token(this.dictionary.double[first - tags.doublePage0]?.[this.#byte()]);
    }
    if (first < tags.doublePage0) return this.#token(this.dictionary.single[first]);
    if (first === tags.nibble8) return this.#packed(alphabets.nibble);
    if (first === tags.hex8) return this.#packed(alphabets.hex);
    throw malformed('unknown tag');
  }

  #token(token: string | undefined): string {
    if (token === undefined) throw malformed('a token outside the dictionary');
    return token;
  }

  #utf8(bytes: Uint8Array): string {
    try {
      return utf8.decode(bytes);
    } catch {
      throw malformed('text that is not UTF-8');
    }
  }

  /** Two characters a byte; the head's high bit says that the last half byte is padding (15). */
  #packed(alphabet: string): string {
    const head = this.#byte();
    const halves = [...this.#take(head & 0x7f)].flatMap((byte) => [byte >> 4, byte & 15]);
    if ((head & 0x80) !== 0 && halves.pop() !== 15) throw malformed('padding of a packed string');
    return halves.map((half) => alphabet[half] ?? this.#reject('a digit outside the alphabet')).join('');
  }

  #reject(why: string): never {
    throw malformed(why);
  }

  #jid(first: number): string {
    if (first === tags.jidPair) {
      const user = this.#plain(this.#byte());
      return `${user}@${this.#plain(this.#byte())}`;
    }
    if (first === tags.deviceJid) {
      const server = deviceDomains.get(this.#byte());
      if (server === undefined) throw malformed('unknown domain of a device address');
      const device = this.#byte();
      return jidText(this.#plain(this.#byte()), server, device);
    }
    if (first === tags.messengerJid) {
      const user = this.#plain(this.#byte());
      const device = this.#number(2);
      return jidText(user, this.#plain(this.#byte()), device);
    }
    const user = this.#plain(this.#byte());
    const [device, integrator] = [this.#number(2), this.#number(2)];
    const next = this.bytes.subarray(this.#at, this.#at + interopName.length);
    if (interopName.equals(next)) this.#at += interopName.length;
    return jidText(user, 'interop', device, integrator);
  }
}

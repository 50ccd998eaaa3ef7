import { BinaryXmlError } from './binary-xml-error.js';
import dictionary3 from './data/dictionary-3.json' with { type: 'json' };
import { doublePages, doublePageSize, singleTokens, tags } from './tags.js';

const maxTokenLength = 255;
const interop = 'interop';

function tokenList(value: unknown, length: number): readonly string[] {
  if (!Array.isArray(value) || value.length !== length) throw new BinaryXmlError('bad_dictionary');
  return value.map((token: unknown) => {
    if (typeof token !== 'string' || token.length > maxTokenLength)
      throw new BinaryXmlError('bad_dictionary');
    return token;
  });
}

/** The one or two bytes that stand for a token. */
export interface TokenCode {
  readonly first: number;
  readonly second?: number;
}

/** The tokens that both ends replace by one byte or two. Which dictionary a wire speaks is said by its header. */
export class Dictionary {
  /** The forms in which the server string of an interop JID may stand on the wire: bytes, or its token if it is one. */
  readonly interopForms: readonly Uint8Array[];
  private readonly codes = new Map<string, TokenCode>();

  constructor(
    private readonly single: readonly string[],
    private readonly double: readonly (readonly string[])[],
  ) {
    double.forEach((page, pageIndex) => {
      page.forEach((token, index) => this.add(token, { first: tags.dictionary + pageIndex, second: index }));
    });
    single.forEach((token, index) => this.add(token, { first: index }));
    const token = this.codes.get(interop);
    const raw = Uint8Array.of(tags.binary8, interop.length, ...new TextEncoder().encode(interop));
    this.interopForms =
      token === undefined
        ? [raw]
        : [raw, Uint8Array.from([token.first, ...(token.second === undefined ? [] : [token.second])])];
  }

  private add(token: string, code: TokenCode): void {
    if (token !== '') this.codes.set(token, code);
  }

  /** The bytes that stand for a text, when it is a token; the shortest where there are two. */
  codeOf(text: string): TokenCode | undefined {
    return this.codes.get(text);
  }

  /** @throws BinaryXmlError `bad_token` */
  singleToken(index: number): string {
    const token = this.single[index];
    if (token === undefined || token === '') throw new BinaryXmlError('bad_token');
    return token;
  }

  /** @throws BinaryXmlError `bad_token` */
  doubleToken(page: number, index: number): string {
    const token = this.double[page]?.[index];
    if (token === undefined) throw new BinaryXmlError('bad_token');
    return token;
  }
}

/**
 * Build a dictionary from the parsed content of a data file: `{ single: 236 tokens, double: 4 x 256 tokens }`.
 *
 * @throws BinaryXmlError `bad_dictionary`
 */
export function loadDictionary(json: unknown): Dictionary {
  if (typeof json !== 'object' || json === null || !('single' in json) || !('double' in json)) {
    throw new BinaryXmlError('bad_dictionary');
  }
  const pages = json.double;
  if (!Array.isArray(pages) || pages.length !== doublePages) throw new BinaryXmlError('bad_dictionary');
  return new Dictionary(
    tokenList(json.single, singleTokens),
    pages.map((page) => tokenList(page, doublePageSize)),
  );
}

const version3 = loadDictionary(dictionary3);

/** The dictionary version 3 that comes with this package as a data file; one for the whole process. */
export function bundledDictionary(): Dictionary {
  return version3;
}

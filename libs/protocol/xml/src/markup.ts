import { XmlError } from './xml-error.js';

/** What a `<` begins. */
export type Markup = 'start' | 'end' | 'cdata' | 'declaration';

export const cdataOpen = '<![CDATA[';
// By reference: once any library of the process extends String, V8 looks this method up anew for each character.
const { charCodeAt } = String.prototype;
const comment = '<!--';
const documentType = '<!DOCTYPE';

/**
 * What the `<` at this place begins; undefined when the text ends before that is clear.
 *
 * @param first whether the document begins here: only then a declaration may stand
 * @throws XmlError `restricted` for a document type, a processing instruction or a comment (RFC 6120 11.1), at once;
 * `malformed` for any other
 */
export function markupAt(text: string, at: number, first: boolean): Markup | undefined {
  const next = text.charAt(at + 1);
  if (next === '') return undefined;
  if (next === '/') return 'end';
  if (next === '?') {
    if (!first) throw new XmlError('restricted');
    return 'declaration';
  }
  if (next !== '!') return 'start';
  const given = text.slice(at, at + cdataOpen.length);
  if (given === cdataOpen) return 'cdata';
  if (given.startsWith(comment) || given === documentType) throw new XmlError('restricted');
  if ([cdataOpen, comment, documentType].some((known) => known.startsWith(given))) return undefined;
  throw new XmlError('malformed');
}

const declaration =
  /^xml[ \t\n]+version[ \t\n]*=[ \t\n]*(["'])1\.[0-9]+\1(?:[ \t\n]+encoding[ \t\n]*=[ \t\n]*(["'])([A-Za-z][A-Za-z0-9._-]*)\2)?(?:[ \t\n]+standalone[ \t\n]*=[ \t\n]*(["'])(?:yes|no)\4)?[ \t\n]*\?$/;

/**
 * Check what stands between `<?` and `>`.
 *
 * @throws XmlError `bad_encoding` for another encoding than UTF-8, `restricted` when it is no XML declaration
 */
export function checkDeclaration(source: string): void {
  const match = declaration.exec(source);
  if (match === null) throw new XmlError('restricted');
  if (match[3] !== undefined && match[3].toLowerCase() !== 'utf-8') throw new XmlError('bad_encoding');
}

/** The end of a tag, found once however its text is cut; quotes hide a `>`. */
export class TagEnd {
  private quote = '';

  /**
   * Where the `>` stands, from `start` on; -1 when it is still to come.
   *
   * @throws XmlError `malformed` for a `<` inside
   */
  find(text: string, start: number): number {
    for (let at = start; at < text.length; at++) {
      if (this.quote !== '') {
        const end = text.indexOf(this.quote, at);
        if (end < 0) {
          if (text.includes('<', at)) throw new XmlError('malformed');
          return -1;
        }
        this.quote = '';
        at = end;
        continue;
      }
      const code = charCodeAt.call(text, at);
      if (code === 0x3e) return at;
      if (code === 0x3c) throw new XmlError('malformed');
      if (code === 0x22 || code === 0x27) this.quote = text.charAt(at);
    }
    return -1;
  }
}

/** Classes of characters of XML 1.0 (fifth edition) and Namespaces in XML. */

// By reference: once any library of the process extends String, V8 looks this method up anew for each character.
const { charCodeAt } = String.prototype;
const nameStart = 1;
const nameRest = 2;

const asciiClass = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  const character = String.fromCharCode(code);
  if (/[A-Za-z_:]/.test(character)) asciiClass[code] = nameStart | nameRest;
  else if (/[0-9.-]/.test(character)) asciiClass[code] = nameRest;
}

type Range = readonly [from: number, to: number];

const wideStart: readonly Range[] = [
  [0xc0, 0xd6],
  [0xd8, 0xf6],
  [0xf8, 0x2ff],
  [0x370, 0x37d],
  [0x37f, 0x1fff],
  [0x200c, 0x200d],
  [0x2070, 0x218f],
  [0x2c00, 0x2fef],
  [0x3001, 0xd7ff],
  [0xf900, 0xfdcf],
  [0xfdf0, 0xfffd],
  [0x10000, 0xeffff],
];
const wideRest: readonly Range[] = [
  [0xb7, 0xb7],
  [0x300, 0x36f],
  [0x203f, 0x2040],
];

function isIn(ranges: readonly Range[], code: number): boolean {
  return ranges.some(([from, to]) => code >= from && code <= to);
}

/** A character that XML does not have, in any form. Lone surrogates cannot come out of UTF-8. */
export const forbiddenCharacter = /[^\t\n\r\x20-\ufffd]/;

/** Where the name that begins at `start` ends; `start` when none begins there. */
export function nameEnd(text: string, start: number): number {
  let wanted = nameStart;
  for (let at = start; at < text.length; at++) {
    const code = charCodeAt.call(text, at);
    if (code < 128) {
      if (((asciiClass[code] as number) & wanted) === 0) return at;
    } else {
      const point = text.codePointAt(at) as number;
      if (!isIn(wideStart, point) && (wanted === nameStart || !isIn(wideRest, point))) return at;
      if (point > 0xffff) at++;
    }
    wanted = nameRest;
  }
  return text.length;
}

/** Space, tab or line feed; carriage returns have been replaced before. */
export function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x09;
}

/** True when the text between these two places is white space. */
export function isBlank(text: string, start = 0, end = text.length): boolean {
  for (let at = start; at < end; at++) if (!isSpace(charCodeAt.call(text, at))) return false;
  return true;
}

/** The first place from `start` on that is no white space. */
export function skipSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && isSpace(charCodeAt.call(text, at))) at++;
  return at;
}

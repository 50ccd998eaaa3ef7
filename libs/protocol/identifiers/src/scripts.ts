/** Scripts that are written together (UTS 39, 5.2, without Latin beside them). */
const together = [
  ['Han', 'Hiragana', 'Katakana'],
  ['Han', 'Bopomofo'],
  ['Han', 'Hangul'],
];

/** Scripts of living languages that names are written in: the recommended ones of UAX 31, table 5. */
const single = [
  'Latin',
  'Greek',
  'Cyrillic',
  'Armenian',
  'Georgian',
  'Hebrew',
  'Arabic',
  'Thaana',
  'Devanagari',
  'Bengali',
  'Gurmukhi',
  'Gujarati',
  'Oriya',
  'Tamil',
  'Telugu',
  'Kannada',
  'Malayalam',
  'Sinhala',
  'Thai',
  'Lao',
  'Tibetan',
  'Myanmar',
  'Ethiopic',
  'Khmer',
].map((script) => [script]);

/** Texts whose letters and marks are all of one script, or of scripts that are written together. */
const writings = [...single, ...together].map(
  (scripts) =>
    new RegExp(`^(?:[^\\p{L}\\p{M}]|${scripts.map((script) => `\\p{scx=${script}}`).join('|')})*$`, 'u'),
);

/** Whether somebody could have written it in one language, which mixtures of look-alike letters could not. */
export function isOfOneScript(text: string): boolean {
  return writings.some((writing) => writing.test(text));
}

/** Cyrillic and Greek small letters that look like Latin ones (UTS 39, confusables). */
const LATIN_LOOK_ALIKES =
  /^[\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u0501\u051b\u051d\u04bb\u03bf\u03bd\u03c1\u03b1\u03b9\u03ba\u03c5]+$/u;

/** Whether a text beyond ASCII has only letters that are read as Latin ones. */
export function looksLatin(text: string): boolean {
  const letters = text.replaceAll(/[^\p{L}]/gu, '');
  return LATIN_LOOK_ALIKES.test(letters);
}

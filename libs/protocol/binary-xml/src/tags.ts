/** First byte of a value on the wire; 1-235 are single-byte tokens. */
export const tags = {
  empty: 0,
  dictionary: 236,
  interopJid: 245,
  fbJid: 246,
  adJid: 247,
  list8: 248,
  list16: 249,
  jidPair: 250,
  hex8: 251,
  binary8: 252,
  binary20: 253,
  binary32: 254,
  nibble8: 255,
} as const;

/** Number of single-byte tokens (index 0 stands empty) and shape of the double-byte dictionaries. */
export const singleTokens = 236;
export const doublePages = 4;
export const doublePageSize = 256;

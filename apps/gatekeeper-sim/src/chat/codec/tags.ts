/** First bytes of values in the compact binary XML. */
export const tags = {
  emptyList: 0,
  doublePage0: 236,
  doublePage3: 239,
  interopJid: 245,
  messengerJid: 246,
  deviceJid: 247,
  list8: 248,
  list16: 249,
  jidPair: 250,
  hex8: 251,
  binary8: 252,
  binary20: 253,
  binary32: 254,
  nibble8: 255,
} as const;

/** Alphabets of packed strings: two characters a byte, 15 pads. */
export const alphabets = { nibble: '0123456789-.', hex: '0123456789ABCDEF' } as const;

/** Domain byte of a device JID, and the server it stands for. */
export const deviceDomains: ReadonlyMap<number, string> = new Map([
  [0, 's.whatsapp.net'],
  [1, 'lid'],
  [128, 'hosted'],
  [129, 'hosted.lid'],
]);

/** Namespaces of RFC 6120, RFC 6121 and the extensions that are spoken here. */
export const ns = {
  client: 'jabber:client',
  streams: 'http://etherx.jabber.org/streams',
  tls: 'urn:ietf:params:xml:ns:xmpp-tls',
  sasl: 'urn:ietf:params:xml:ns:xmpp-sasl',
  bind: 'urn:ietf:params:xml:ns:xmpp-bind',
  stanzas: 'urn:ietf:params:xml:ns:xmpp-stanzas',
  /** XEP-0198. */
  management: 'urn:xmpp:sm:3',
  /** XEP-0203. */
  delay: 'urn:xmpp:delay',
  /** XEP-0085. */
  chatStates: 'http://jabber.org/protocol/chatstates',
  /** XEP-0184. */
  receipts: 'urn:xmpp:receipts',
  /** XEP-0334. */
  hints: 'urn:xmpp:hints',
  /** XEP-0380. */
  encryption: 'urn:xmpp:eme:0',
  /** XEP-0199. */
  ping: 'urn:xmpp:ping',
  /** XEP-0191. */
  blocking: 'urn:xmpp:blocking',
  /** XEP-0077. */
  register: 'jabber:iq:register',
  /** Ours: one Signal ciphertext, in base64. */
  signal: 'urn:causeway:signal:1',
} as const;

import dictionary from '../../libs/protocol/binary-xml/src/data/dictionary-3.json' with { type: 'json' };

/**
 * A node that each implementation can be asked to write: attributes are texts or JIDs, content is the hex of bytes or a
 * list of nodes. What one has read may have `{ text }` as content.
 * @typedef {{ user: string, server: string, agent?: number, device?: number, integrator?: number }} PeerJid
 * @typedef {object} PeerNode
 * @property {string} tag
 * @property {Record<string, string | PeerJid>} [attrs]
 * @property {string | PeerNode[] | { text: string }} [content]
 */

/** @param {string | PeerJid} value @returns {PeerNode} */
const to = (value) => ({ tag: 'iq', attrs: { to: value } });
/** @param {number} bytes @returns {PeerNode} */
const holding = (bytes) => ({ tag: 'enc', content: 'a5'.repeat(bytes) });
/** @param {number} count @returns {PeerNode} */
const children = (count) => ({
  tag: 'list',
  content: Array.from({ length: count }, () => ({ tag: 'item' })),
});
/** @param {number} depth @returns {PeerNode} */
const nested = (depth) => (depth === 0 ? { tag: 'item' } : { tag: 'list', content: [nested(depth - 1)] });
/** The tag 0 means the end of a stream to one implementation. @param {string[]} tokens @returns {PeerNode} */
const tokens = (tokens) => ({
  tag: 'list',
  content: tokens.filter((token) => token !== '' && token !== '0').map((tag) => ({ tag })),
});

/** @type {Record<string, string | PeerJid>} values of one attribute, by what is special about them */
const values = {
  'a token': 'encrypt',
  'a token of a digit': '0',
  'raw text': 'causeway',
  'raw text beyond ASCII': 'grüße 👋',
  'text of 255 bytes': 'w'.repeat(255),
  'text of 256 bytes': 'w'.repeat(256),
  'no text': '',
  'digits, even': '1700000000',
  'digits, odd': '170000000',
  'one digit': '7',
  'digits with - and .': '-1.5-2.25',
  '127 digits': '1234567'.repeat(18) + '8',
  '128 digits': '12345678'.repeat(16),
  'hex, even': '3EB0C431C26A',
  'hex, odd': '3EB0C431C26',
  'one hex digit': 'F',
  '127 hex digits': 'ABCDEF1'.repeat(18) + '9',
  '128 hex digits': 'ABCDEF12'.repeat(16),
  'hex in lower case': '3eb0c431c26a',
  'JID: the server': { user: '', server: 's.whatsapp.net' },
  'JID: the groups’ server': { user: '', server: 'g.us' },
  'JID: a user': { user: '4915112345678', server: 's.whatsapp.net' },
  'JID: a user’s device': { user: '4915112345678', server: 's.whatsapp.net', device: 3 },
  'JID: a user’s last device': { user: '4915112345678', server: 's.whatsapp.net', device: 255 },
  'JID: a user with letters': { user: 'alice', server: 's.whatsapp.net' },
  'JID: an agent': { user: '4915112345678', server: 's.whatsapp.net', agent: 7, device: 3 },
  'JID: a hidden user': { user: '123456789012345', server: 'lid' },
  'JID: a hidden user’s device': { user: '123456789012345', server: 'lid', device: 2 },
  'JID: a hosted user': { user: '4915112345678', server: 'hosted' },
  'JID: a hosted user’s device': { user: '4915112345678', server: 'hosted', device: 99 },
  'JID: a hosted hidden user’s device': { user: '123456789012345', server: 'hosted.lid', device: 99 },
  'JID: a group': { user: '120363040000000000', server: 'g.us' },
  'JID: an old group': { user: '4915112345678-1500000000', server: 'g.us' },
  'JID: the status list': { user: 'status', server: 'broadcast' },
  'JID: a newsletter': { user: '120363040000000001', server: 'newsletter' },
  'JID: a bot': { user: '867051314767696', server: 'bot' },
  'JID: an old user': { user: '16505361212', server: 'c.us' },
  'JID: a call': { user: 'ABCDEF0123', server: 'call' },
  'JID: a user of Messenger': { user: '100012345678901', server: 'msgr' },
  'JID: a device of Messenger': { user: '100012345678901', server: 'msgr', device: 300 },
  'JID: interop': { user: '42', server: 'interop', device: 7, integrator: 300 },
  'JID: interop, user with letters': {
    user: 'alice.b',
    server: 'interop',
    device: 65_535,
    integrator: 65_535,
  },
  'JID: interop, no device': { user: '42', server: 'interop', integrator: 300 },
  'JID: interop, integrator 0': { user: '42', server: 'interop', device: 7, integrator: 0 },
};

/** @type {Record<string, PeerNode>} */
const wholes = {
  'a tag alone': { tag: 'iq' },
  'a raw tag': { tag: 'causeway' },
  'single-byte tokens': tokens(dictionary.single),
  'tokens of page 0': tokens(dictionary.double[0] ?? []),
  'tokens of page 1': tokens(dictionary.double[1] ?? []),
  'tokens of page 2': tokens(dictionary.double[2] ?? []),
  'tokens of page 3': tokens(dictionary.double[3] ?? []),
  'no bytes': holding(0),
  'one byte': holding(1),
  '255 bytes': holding(255),
  '256 bytes': holding(256),
  'no children': children(0),
  'one child': children(1),
  '255 children': children(255),
  '256 children': children(256),
  'ten levels': nested(10),
  'a message': {
    tag: 'message',
    attrs: { id: '3EB0C431C26A', to: { user: '42', server: 's.whatsapp.net', device: 2 }, type: 'text' },
    content: [{ tag: 'enc', attrs: { v: '2', type: 'pkmsg' }, content: '3308' }],
  },
  'a key query': {
    tag: 'iq',
    attrs: { id: '17.42-1', xmlns: 'encrypt', type: 'get' },
    content: [
      {
        tag: 'key',
        content: [
          { tag: 'user', attrs: { jid: { user: '42', server: 'lid', device: 1 }, reason: 'identity' } },
        ],
      },
    ],
  },
};

/** What each implementation writes and reads, by name. @type {readonly (readonly [string, PeerNode])[]} */
export const nodes = [
  ...Object.entries(wholes),
  ...Object.entries(values).map(([name, value]) => /** @type {const} */ ([name, to(value)])),
];

/**
 * Bytes that no encoder writes like this, as hex of a frame; what each implementation reads in them is recorded.
 * @type {Record<string, string>}
 */
export const frames = {
  'text as bytes where a token is shorter': '00f8031911fc026971',
  'text with a 4-byte length': '00f8031911fe0000000163',
  'bytes with a 3-byte length of one': '00f8021dfd000001a5',
  'bytes with a 4-byte length of one': '00f8021dfe00000001a5',
  'a list16 of one element': '00f9000119',
  'children in a list16 of one': '00f80219f90001f80119',
  'content that is a token': '00f8021d13',
  'content that is packed': '00f8021dff021234',
  'an empty list as value': '00f803191100',
  'packed text of no bytes': '00f8031911ff00',
  'packed text with a value outside the alphabet': '00f8031911ff01c1',
  'odd packed text whose pad is a digit': '00f8031911ff821234',
  'AD form, device 0': '00f8031911f70000ff0142',
  'AD form, domain 7': '00f8031911f70703ff0142',
  'AD form, domain 130': '00f8031911f78203ff0142',
  'a pair for a hidden user of a hosted server': '00f8031911faff0142fc0a686f737465642e6c6964',
  'a pair whose user holds a device': '00f8031911fafc0434323a3703',
  'a pair for interop': '00f8031911fafc083330302d34323a37fc07696e7465726f70',
  'a pair of an unknown server': '00f8031911faff0142fc036e6577',
  'a pair without a server': '00f8031911faff014200',
  'FB form of another server': '00f8031911f6ff0142000103',
  'interop form without its server': '00f8031911f5ff01420007012c',
  'interop form with its server': '00f8031911f5ff01420007012cfc07696e7465726f70',
  'a JID inside a JID': '00f8031911fafa000303',
  'an attribute twice': '00f8051911041104',
  'text that is not UTF-8': '00f8031911fc01ff',
  'bytes after the node': '00f8011900',
  'an empty list as node': '0000',
  'a reserved tag': '00f8031911f0',
  'the index 0 of single-byte tokens as tag': '00f80100',
  'flag 4': '04f80119',
  zlib: '02789cfbc128090003060113',
  'zlib beside another flag': '03789cfbc128090003060113',
  'zlib, cut': '02789cfbc12809',
};

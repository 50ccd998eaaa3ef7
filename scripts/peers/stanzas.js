import { bundledDictionary, decodeStanza, encodeStanza, packFrame, unpackFrame } from '@causeway/binary-xml';
import { frames, nodes } from './nodes.js';
import { answers } from './programs.js';

/**
 * @typedef {import('./nodes.js').PeerNode} PeerNode
 * @typedef {import('./programs.js').Peer} Peer
 * @typedef {import('@causeway/xml').Stanza} Stanza
 */

const dictionary = bundledDictionary();
const limits = { maxBytes: 1 << 20, maxDepth: 64, maxElements: 10_000, maxAttributes: 256 };
const hex = (/** @type {Uint8Array} */ bytes) => Buffer.from(bytes).toString('hex');
/** @param {PeerNode} node @returns {Stanza} */
export function stanzaOf({ tag, attrs = {}, content }) {
  return {
    tag,
    attrs,
    ...(content !== undefined && { content: contentOf(content) }),
  };
}

/** @param {NonNullable<PeerNode['content']>} content @returns {NonNullable<Stanza['content']>} */
function contentOf(content) {
  if (typeof content === 'string') return Uint8Array.from(Buffer.from(content, 'hex'));
  return Array.isArray(content) ? content.map(stanzaOf) : content.text;
}

/** @param {Stanza} stanza @param {'client' | 'server'} direction */
export function frameOf(stanza, direction) {
  return packFrame(encodeStanza(stanza, { dictionary, direction }));
}

/** @param {Uint8Array} frame @returns {Stanza} */
export function readFrame(frame) {
  return decodeStanza(unpackFrame(frame, limits.maxBytes), { dictionary, limits });
}

/**
 * Keys in one order, no empty list of attributes, and always an integrator where there is one: the same nodes give the
 * same text.
 * @param {PeerNode} node
 * @returns {PeerNode}
 */
function plain({ tag, attrs = {}, content }) {
  const entries = Object.entries(attrs).map(([name, value]) => [name, plainValue(value)]);
  return {
    tag,
    ...(entries.length > 0 && { attrs: Object.fromEntries(entries.sort()) }),
    ...(content !== undefined && { content: Array.isArray(content) ? content.map(plain) : content }),
  };
}

/** @param {string | import('./nodes.js').PeerJid} value */
function plainValue(value) {
  if (typeof value === 'string') return value;
  const { user, server, agent, device, integrator = server === 'interop' ? 0 : undefined } = value;
  return { user, server, agent, device, integrator };
}

/** @param {string} answer @returns {PeerNode | 'refused'} */
const reading = (answer) => (answer === 'refused' ? answer : plain(JSON.parse(answer)));

/**
 * What each peer writes for each node, what it reads in what we write, and what it reads in bytes that nobody writes.
 * @param {{ whatsmeow: Peer, wacore: Peer }} peers
 */
export function recordStanzas(peers) {
  const given = nodes.map(([, node]) => JSON.stringify(plain(node)));
  const ours = nodes.map(([, node]) => {
    const stanza = stanzaOf(plain(node));
    return { client: hex(frameOf(stanza, 'client')), server: hex(frameOf(stanza, 'server')) };
  });
  /** @param {Peer} peer */
  const use = (peer) => ({
    writes: answers(peer, 'marshal', given),
    client: answers(
      peer,
      'unmarshal',
      ours.map(({ client }) => client),
    ),
    server: answers(
      peer,
      'unmarshal',
      ours.map(({ server }) => server),
    ),
    frames: answers(peer, 'unmarshal', Object.values(frames)),
  });
  const whatsmeow = use(peers.whatsmeow);
  const wacore = use(peers.wacore);
  /** @param {ReturnType<typeof use>} peer @param {number} at @param {PeerNode} node */
  const judged = ({ writes, client, server }, at, node) => ({
    writes: writes[at],
    readsClient: verdict(reading(client[at] ?? ''), node),
    readsServer: verdict(reading(server[at] ?? ''), node),
  });
  const last = nodes.length - 1;
  return {
    nodes: nodes.map(([name, node], at) => ({
      name,
      node: plain(node),
      ...ours[at],
      whatsmeow: judged(whatsmeow, at, node),
      wacore: judged(wacore, at, node),
    })),
    frames: Object.entries(frames).map(([name, bytes], at) => ({
      name,
      hex: bytes,
      whatsmeow: reading(whatsmeow.frames[at] ?? ''),
      wacore: reading(wacore.frames[at] ?? ''),
    })),
    zlib: {
      name: nodes[last]?.[0],
      hex: answers(peers.whatsmeow, 'deflate', [whatsmeow.writes[last] ?? ''])[0],
    },
  };
}

/** @param {PeerNode | 'refused'} read @param {PeerNode} node @returns {'same' | 'refused' | PeerNode} */
function verdict(read, node) {
  if (read === 'refused') return read;
  return JSON.stringify(read) === JSON.stringify(plain(node)) ? 'same' : read;
}

import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Jid } from '@causeway/jid';
import type { Stanza } from '@causeway/xml';
import { describe, expect, it } from 'vitest';
import {
  BinaryXmlError,
  bundledDictionary,
  decodeStanza,
  encodeStanza,
  packFrame,
  unpackFrame,
} from './index.js';

/** As `npm run verify -- peers record` writes it: JIDs by their parts, bytes in hex. */
interface PeerNode {
  readonly tag: string;
  readonly attrs?: Readonly<Record<string, string | Jid>>;
  readonly content?: string | readonly PeerNode[] | { readonly text: string };
}
type Reading = PeerNode | 'refused';
interface Judged {
  /** Frame in hex. */
  readonly writes: string;
  /** What it reads in our frame as a client, and as a server. */
  readonly readsClient: Reading | 'same';
  readonly readsServer: Reading | 'same';
}
type Peer = 'whatsmeow' | 'wacore';
interface Recorded {
  readonly nodes: readonly ({ name: string; node: PeerNode; client: string; server: string } & Record<
    Peer,
    Judged
  >)[];
  readonly frames: readonly ({ name: string; hex: string } & Record<Peer, Reading>)[];
  readonly zlib: { readonly name: string; readonly hex: string };
}

const { nodes, frames, zlib }: Recorded = JSON.parse(
  readFileSync(new URL('../fixtures/peers.json', import.meta.url), 'utf8'),
);
const peers = ['whatsmeow', 'wacore'] as const;
const dictionary = bundledDictionary();
const limits = { maxBytes: 1 << 20, maxDepth: 64, maxElements: 10_000, maxAttributes: 256 };

const frameOf = (stanza: Stanza, direction: 'client' | 'server') =>
  Buffer.from(packFrame(encodeStanza(stanza, { dictionary, direction }))).toString('hex');

/** The stanza in a frame, or the code of its refusal. */
function read(frame: string): Stanza | string {
  try {
    return decodeStanza(unpackFrame(Buffer.from(frame, 'hex'), limits.maxBytes), { dictionary, limits });
  } catch (error) {
    if (error instanceof BinaryXmlError) return error.code;
    throw error;
  }
}

/** The one place where a peer's node becomes ours. */
function stanzaOf({ tag, attrs = {}, content }: PeerNode): Stanza {
  return { tag, attrs, ...(content !== undefined && { content: contentOf(content) }) };
}

function contentOf(content: NonNullable<PeerNode['content']>): NonNullable<Stanza['content']> {
  if (typeof content === 'string') return Uint8Array.from(Buffer.from(content, 'hex'));
  return 'text' in content ? content.text : content.map(stanzaOf);
}

/** How a peer's frame stands to ours. The order of attributes is its own. */
function writing({ node, client, server }: (typeof nodes)[number], { writes }: Judged): string {
  const stanza = read(writes);
  if (typeof stanza === 'string' || !isDeepStrictEqual(stanza, stanzaOf(node))) return 'another node';
  if (frameOf(stanza, 'client') === writes) return client === server ? 'same' : 'as our client';
  return frameOf(stanza, 'server') === writes ? 'as our server' : 'other bytes';
}

const interopNames = ['interop', 'interop, user with letters', 'interop, no device'].map(
  (name) => `JID: ${name}`,
);
const each = (names: readonly string[], what: string) =>
  Object.fromEntries(names.map((name) => [name, what]));

/** Every node that a peer writes in another way than we do. */
const written: Record<Peer, Record<string, string>> = {
  whatsmeow: {
    // It leaves out attributes without text.
    'no text': 'another node',
    // It writes an agent as 0; it can only read one.
    'JID: an agent': 'another node',
    // The AD form with device 0, where wacore and we write a pair.
    'JID: a hosted user': 'another node',
    // The server's string in both directions.
    ...each([...interopNames, 'JID: interop, integrator 0'], 'as our server'),
  },
  wacore: {
    // It knows no agents.
    'JID: an agent': 'another node',
    // A pair, which has no room for the device.
    'JID: a user of Messenger': 'other bytes',
    'JID: a device of Messenger': 'another node',
    ...each(interopNames, 'as our client'),
    // A pair, in which there is no integrator.
    'JID: interop, integrator 0': 'another node',
  },
};

/** An empty list of children and none are the same to them. */
const noChildren = { 'no children': { tag: 'list' } };
/** They read as clients, and a server names itself in the interop form. */
const fromClient = each([...interopNames, 'JID: interop, integrator 0'], 'refused');
/** whatsmeow reads the agent and loses the server; wacore knows no agents. */
const agents = {
  whatsmeow: {
    'JID: an agent': {
      tag: 'iq',
      attrs: { to: { user: '4915112345678', server: '', agent: 7, device: 3 } },
    },
  },
  wacore: { 'JID: an agent': 'refused' },
};

/** To them device 0 is no device, and a pair's user is a text without parts. */
const valuesOfOurs = each(
  ['AD form, device 0', 'a pair whose user holds a device', 'a pair for interop'],
  'another node',
);
/** Every frame that no encoder writes, and that a peer reads otherwise than we do. */
const framesReadOtherwise: Record<Peer, Record<string, string>> = {
  whatsmeow: {
    ...valuesOfOurs,
    'AD form, domain 7': 'another node',
    'AD form, domain 130': 'another node',
    'interop form without its server': 'refused by it',
    // The last one counts.
    'an attribute twice': 'refused by us',
    'text that is not UTF-8': 'refused by us',
    'flag 4': 'refused by us',
    'zlib beside another flag': 'refused by us',
  },
  wacore: {
    ...valuesOfOurs,
    'AD form, domain 7': 'refused by it',
    // Every even domain from 128 is hosted.
    'AD form, domain 130': 'another node',
    'a pair of an unknown server': 'refused by it',
    'interop form without its server': 'refused by it',
    'a JID inside a JID': 'refused by us',
    'an attribute twice': 'refused by us',
    'flag 4': 'refused by us',
    'zlib beside another flag': 'refused by us',
  },
};

function comparison(ours: Stanza | string, theirs: Reading): string {
  if (typeof ours === 'string') return theirs === 'refused' ? 'same' : 'refused by us';
  if (theirs === 'refused') return 'refused by it';
  return isDeepStrictEqual(ours, stanzaOf(theirs)) ? 'same' : 'another node';
}

const except = (record: Record<string, unknown>, usual: unknown) =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => !isDeepStrictEqual(value, usual)));

describe.each(peers)('%s', (peer) => {
  it('writes the same bytes for the same nodes, but for those that are listed', () => {
    const found = Object.fromEntries(nodes.map((vector) => [vector.name, writing(vector, vector[peer])]));
    expect(except(found, 'same')).toEqual(written[peer]);
  });

  it('reads the same nodes in our frames, but for those that are listed', () => {
    const found = (role: 'readsClient' | 'readsServer') =>
      Object.fromEntries(nodes.map((vector) => [vector.name, vector[peer][role]]));
    const always = { ...noChildren, ...agents[peer] };
    expect(except(found('readsServer'), 'same')).toEqual(always);
    expect(except(found('readsClient'), 'same')).toEqual({ ...always, ...fromClient });
  });

  it('reads the same in bytes that no encoder writes, but for those that are listed', () => {
    const found = frames.map(({ name, hex, [peer]: theirs }) => [name, comparison(read(hex), theirs)]);
    expect(except(Object.fromEntries(found), 'same')).toEqual(framesReadOtherwise[peer]);
  });
});

it.each(nodes)('still writes what the peers have judged: $name', ({ node, client, server }) => {
  const stanza = stanzaOf(node);
  expect(frameOf(stanza, 'client')).toBe(client);
  expect(frameOf(stanza, 'server')).toBe(server);
  expect(read(client)).toEqual(stanza);
  expect(read(server)).toEqual(stanza);
});

it('reads what Go’s zlib compressed', () => {
  const { node } = nodes.find(({ name }) => name === zlib.name) ?? {};
  expect(read(zlib.hex)).toEqual(node && stanzaOf(node));
});

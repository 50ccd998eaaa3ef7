import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { decodeClientPayload, decodeHandshake, encodeHandshake } from '@causeway/content';
import { joinParts, NoiseInitiator, NoiseResponder, staticKeyFrom } from '@causeway/noise';
import { frameStream, headerBytes } from './frame-stream.js';
import { converse } from './programs.js';
import { frameOf, readFrame, stanzaOf } from './stanzas.js';

/** @typedef {import('./programs.js').Peer} Peer @typedef {import('./nodes.js').PeerNode} PeerNode */

const protocol = 'Noise_XX_25519_AESGCM_SHA256';
const header = '57410603';
/** Private keys, by what they are of. They are known to everybody. */
const keys = {
  init_static: 'a1'.repeat(32),
  init_ephemeral: 'b2'.repeat(32),
  resp_static: 'c3'.repeat(32),
  resp_ephemeral: 'd4'.repeat(32),
};
const authority = {
  root: 'e5'.repeat(32),
  intermediate: 'f6'.repeat(32),
  notBefore: 1_700_000_000,
  notAfter: 1_900_000_000,
};
const account = { accountId: 42, token: '00f80119' };
/** One attribute each: Go's maps have no order. @type {PeerNode} */
const ask = { tag: 'iq', attrs: { id: '1' }, content: [{ tag: 'ping' }] };
/** @type {PeerNode} */
const answer = {
  tag: 'iq',
  attrs: { from: { user: '42', server: 'interop', device: 7, integrator: 300 }, id: '1', type: 'result' },
  content: [{ tag: 'enc', attrs: { v: '2' }, content: '0102' }],
};

const hex = (/** @type {Uint8Array} */ bytes) => Buffer.from(bytes).toString('hex');
const fromHex = (/** @type {string} */ text) => Uint8Array.from(Buffer.from(text, 'hex'));
const publicKey = (/** @type {string} */ key) => hex(staticKeyFrom(fromHex(key)).publicKey());

/** @param {Peer} whatsmeow @returns {{ root: string, chain: string }} signed by its Signal library */
function certificates({ program }) {
  const config = JSON.stringify({ ...authority, leaf: publicKey(keys.resp_static) });
  return JSON.parse(execFileSync(program, ['certify', config], { encoding: 'utf8' }));
}

/** Parts that are there and not empty. @param {import('@causeway/noise').MessageParts} parts */
function filled(parts) {
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => part.length > 0));
}

/**
 * whatsmeow's client logs in at our responder, asks, and is answered.
 * @param {Peer} peer
 * @param {{ transcript?: 'wa' | 'spec', trusted?: string }} [wrong] what it must not put up with
 */
export async function clientOf(peer, { transcript = 'wa', trusted } = {}) {
  const { root, chain } = certificates(peer);
  const { input, output, end } = converse(peer, 'dial', {
    root: trusted ?? root,
    noiseKey: keys.init_static,
    ephemeral: keys.init_ephemeral,
    ...account,
    ask,
  });
  const { receive, send, header: headerOf } = frameStream(input, output, headerBytes);
  const responder = new NoiseResponder({
    transcript,
    prologue: fromHex(header),
    staticKey: staticKeyFrom(fromHex(keys.resp_static)),
    ephemeral: fromHex(keys.resp_ephemeral),
  });

  /** @param {Uint8Array} wire */
  const conversation = async (wire) => {
    assert.equal(hex(headerOf()), header);
    const hello = decodeHandshake(wire).clientHello ?? {};
    await responder.readMessage(hello);
    const written = await responder.writeMessage(fromHex(chain));
    const wire2 = encodeHandshake({ serverHello: filled(written) });
    send(wire2);
    const wire3 = await receive();
    const finish = decodeHandshake(wire3).clientFinish ?? {};
    const login = await responder.readMessage(finish);
    assert.equal(hex(login.remoteStatic ?? new Uint8Array()), publicKey(keys.init_static));
    const { username, product, interopData } = decodeClientPayload(login.payload);
    assert.deepEqual([username, product, interopData?.accountId], [42n, 2, 42n]);
    assert.equal(hex(interopData?.token ?? new Uint8Array()), account.token);
    const transport = responder.transport();
    const wire4 = await receive();
    const asked = transport.decrypt(wire4);
    assert.deepEqual(readFrame(asked), stanzaOf(ask));
    const answered = frameOf(stanzaOf(answer), 'server');
    const wire5 = transport.encrypt(answered);
    send(wire5);
    return {
      root,
      messages: [
        { payload: '', ciphertext: hex(joinParts(hello)), wire: hex(wire) },
        { payload: chain, ciphertext: hex(joinParts(written)), wire: hex(wire2) },
        { payload: hex(login.payload), ciphertext: hex(joinParts(finish)), wire: hex(wire3) },
        ...transportMessages([answered, wire5], [asked, wire4]),
      ],
    };
  };
  // What the peer says of a failure tells more than that it hung up.
  const told = conversation(await receive()).catch(async (error) => {
    input.end();
    await end;
    throw error;
  });
  const { root: pinned, messages } = await told;
  assert.deepEqual(JSON.parse(await end), answer);
  return { root: pinned, ...vector(messages) };
}

/**
 * Our initiator logs in at a responder made of wacore's primitives; each says one thing.
 * @param {Peer} peer @param {Peer} signer
 */
export async function serverOf(peer, signer) {
  const { root, chain } = certificates(signer);
  const said = frameOf(stanzaOf(answer), 'server');
  const { input, output, end } = converse(peer, 'respond', {
    header,
    static: keys.resp_static,
    staticPublic: publicKey(keys.resp_static),
    ephemeral: keys.resp_ephemeral,
    ephemeralPublic: publicKey(keys.resp_ephemeral),
    payload: chain,
    say: hex(said),
  });
  const { receive, send } = frameStream(input, output, 0);
  const initiator = new NoiseInitiator({
    transcript: 'wa',
    prologue: fromHex(header),
    staticKey: staticKeyFrom(fromHex(keys.init_static)),
    ephemeral: fromHex(keys.init_ephemeral),
  });
  input.write(fromHex(header));
  const hello = await initiator.writeMessage();
  const wire1 = encodeHandshake({ clientHello: filled(hello) });
  send(wire1);
  const wire2 = await receive();
  const serverHello = decodeHandshake(wire2).serverHello ?? {};
  const remote = await initiator.readMessage(serverHello);
  assert.equal(hex(remote.remoteStatic), publicKey(keys.resp_static));
  assert.equal(hex(remote.payload), chain);
  const payload = fromHex('0a0b0c');
  const finish = await initiator.writeMessage(payload);
  const wire3 = encodeHandshake({ clientFinish: filled(finish) });
  send(wire3);
  const transport = initiator.transport();
  const asked = frameOf(stanzaOf(ask), 'client');
  const wire4 = transport.encrypt(asked);
  send(wire4);
  const wire5 = await receive();
  assert.equal(hex(transport.decrypt(wire5)), hex(said));
  assert.deepEqual(JSON.parse(await end), {
    clientStatic: publicKey(keys.init_static),
    clientPayload: hex(payload),
    heard: hex(asked),
  });
  return {
    root,
    ...vector([
      { payload: '', ciphertext: hex(joinParts(hello)), wire: hex(wire1) },
      { payload: chain, ciphertext: hex(joinParts(serverHello)), wire: hex(wire2) },
      { payload: hex(payload), ciphertext: hex(joinParts(finish)), wire: hex(wire3) },
      ...transportMessages([said, wire5], [asked, wire4]),
    ]),
  };
}

/**
 * Published vectors let the two sides speak in turn: after the client's message 3 comes one of the server. Which came
 * first in truth makes no difference, each direction has its own key.
 * @param {readonly (readonly Uint8Array[])[]} pairs plaintext and ciphertext, the server's first
 */
function transportMessages(...pairs) {
  return pairs.map((pair) => {
    const [payload = '', ciphertext = ''] = pair.map(hex);
    return { payload, ciphertext };
  });
}

/** @param {{ payload: string, ciphertext: string, wire?: string }[]} messages */
function vector(messages) {
  return { vectors: [{ protocol_name: protocol, init_prologue: header, ...keys, messages }] };
}

import { readFileSync } from 'node:fs';
import {
  decodeClientPayload,
  decodeHandshake,
  encodeClientPayload,
  encodeHandshake,
} from '@causeway/content';
import { joinParts, type MessageParts, staticKeyFrom } from '@causeway/noise';
import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../upstream-error.js';
import { verifyServer } from './server-identity.js';

interface Recorded {
  readonly root: string;
  readonly vectors: [
    {
      readonly resp_static: string;
      readonly messages: readonly { payload: string; ciphertext: string; wire?: string }[];
    },
  ];
}

const folder = new URL('../../../../protocol/noise/fixtures/', import.meta.url);
const recorded = (file: string): Recorded => JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
const fromHex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
/** A moment in the chain's window, milliseconds since 1970. */
const now = 1_800_000_000_000;
const parts = ['clientHello', 'serverHello', 'clientFinish'] as const;

// Written by `npm run verify -- peers record`.
describe.each(['noise-whatsmeow.json', 'noise-wacore.json'])('the login recorded in %s', (file) => {
  const { root, vectors } = recorded(file);
  const [{ messages, resp_static }] = vectors;

  it.each([0, 1, 2] as const)('has message %i in the same protobuf bytes as ours', (at) => {
    const { ciphertext, wire = '' } = messages[at] ?? {};
    const body = decodeHandshake(fromHex(wire))[parts[at]];
    expect(hex(joinParts((body ?? {}) as MessageParts))).toBe(ciphertext);
    expect(hex(encodeHandshake({ [parts[at]]: body }))).toBe(wire);
  });

  it('has a certificate chain that leads from its root to its key, and from no other to no other', () => {
    const chain = fromHex(messages[1]?.payload ?? '');
    const key = staticKeyFrom(fromHex(resp_static)).publicKey();
    const check = (rootPublicKey: Uint8Array, expected: Uint8Array) =>
      verifyServer(chain, expected, rootPublicKey, now);
    expect(() => check(fromHex(root), key)).not.toThrow();
    expect(() => check(key, key)).toThrow(UpstreamError);
    expect(() => check(fromHex(root), fromHex(root))).toThrow(UpstreamError);
    expect(() => verifyServer(chain, key, fromHex(root), 1_000)).toThrow(UpstreamError);
  });
});

it('reads and writes the login payload as whatsmeow does', () => {
  const payload = recorded('noise-whatsmeow.json').vectors[0].messages[2]?.payload ?? '';
  const read = decodeClientPayload(fromHex(payload));
  expect(read).toMatchObject({ username: 42n, passive: false, product: 2 });
  expect(read.interopData).toMatchObject({ accountId: 42n, token: fromHex('00f80119') });
  expect(hex(encodeClientPayload(read))).toBe(payload);
});

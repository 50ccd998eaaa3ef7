import { readFileSync } from 'node:fs';
import { type CertChain, decodeCertChain } from '@causeway/content';
import { staticKeyFrom } from '@causeway/noise';
import { inputsPerRun, tryInputs } from '@causeway/testing/fuzz';
import fc from 'fast-check';
import { it } from 'vitest';
import { UpstreamError } from '../upstream-error.js';
import { verifyServer } from './server-identity.js';

const fixture = new URL('../../../../protocol/noise/fixtures/noise-whatsmeow.json', import.meta.url);
const { root, vectors } = JSON.parse(readFileSync(fixture, 'utf8')) as {
  root: string;
  vectors: [{ resp_static: string; messages: { payload: string }[] }];
};
const fromHex = (text = '') => Uint8Array.from(Buffer.from(text, 'hex'));
const chain = fromHex(vectors[0].messages[1]?.payload);
const key = staticKeyFrom(fromHex(vectors[0].resp_static)).publicKey();

const signed = ({ leaf, intermediate }: CertChain) =>
  [leaf, intermediate].map((part) => Buffer.from(part?.details ?? []).toString('hex')).join();
const original = signed(decodeCertChain(chain));

/** A chain may be wrapped in other bytes; what is signed in it can be no other. */
function parse(input: Uint8Array, now: number): unknown {
  verifyServer(input, key, fromHex(root), now);
  if (signed(decodeCertChain(input)) !== original) throw new Error('believed a forged chain');
  return undefined;
}

it.each([
  ['in their time', 1_800_000_000_000],
  ['after their end', 1_900_000_001_000],
])('believes none of 50,000 certificate chains that nobody signed, %s', (_when, now) => {
  const target = {
    corpus: [chain],
    maxBytes: 300,
    parse: (input: Uint8Array) => parse(input, now),
    isRefusal: (error: unknown) => error instanceof UpstreamError,
    weightPerByte: 1,
  };
  fc.assert(
    fc.property(fc.noBias(fc.nat()), (seed) => tryInputs(seed, target)),
    { numRuns: 50_000 / inputsPerRun },
  );
});

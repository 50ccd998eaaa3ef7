import { inputsPerRun, tryInputs } from '@causeway/testing/fuzz';
import fc from 'fast-check';
import { it } from 'vitest';
import { FrameReader, NoiseError, splitParts, writeFrame } from '../index.js';

const frames = [17, 18, 100, 300].map((size) => writeFrame(new Uint8Array(size).fill(size)));
const corpus = [...frames, Uint8Array.from(Buffer.concat(frames))];

function parse(input: Uint8Array): unknown {
  const reader = new FrameReader(256, 17);
  const cut = input.length >> 1;
  const found = [...reader.push(input.subarray(0, cut)), ...reader.push(input.subarray(cut))];
  return found.map((frame) => splitParts(2, frame));
}

it('takes or refuses 100,000 streams that nobody wrote for it', () => {
  const isRefusal = (error: unknown) => error instanceof NoiseError;
  const target = { corpus, maxBytes: 400, parse, isRefusal, weightPerByte: 8 };
  fc.assert(
    fc.property(fc.noBias(fc.nat()), (seed) => tryInputs(seed, target)),
    { numRuns: 100_000 / inputsPerRun },
  );
});

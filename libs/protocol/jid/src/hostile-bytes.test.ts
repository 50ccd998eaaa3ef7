import { inputsPerRun, tryInputs } from '@causeway/testing/fuzz';
import fc from 'fast-check';
import { it } from 'vitest';
import { formatJid, type Jid, JidError, parseJid } from './index.js';

const corpus = [
  '300-42:7@interop',
  '4915.7:3@s.whatsapp.net',
  '1.2@lid',
  '999:300@msgr',
  's.whatsapp.net',
  '1-2@g.us',
].map((text) => Buffer.from(text));

function parse(input: Uint8Array): Jid {
  const text = Buffer.from(input).toString('utf8');
  const jid = parseJid(text);
  if (formatJid(jid) !== text) throw new Error('the text that comes back is another');
  return jid;
}

it('takes or refuses 100,000 inputs that nobody wrote for it, and writes again what it took', () => {
  const isRefusal = (error: unknown) => error instanceof JidError;
  const target = { corpus, maxBytes: 60, parse, isRefusal, weightPerByte: 8 };
  fc.assert(
    fc.property(fc.noBias(fc.nat()), (seed) => tryInputs(seed, target)),
    { numRuns: 100_000 / inputsPerRun },
  );
});

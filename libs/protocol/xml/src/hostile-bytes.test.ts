import { inputsPerRun, tryInputs } from '@causeway/testing/fuzz';
import fc from 'fast-check';
import { it } from 'vitest';
import { type Stanza, XmlError, XmlStreamParser } from './index.js';

const limits = { maxLength: 1_024, maxDepth: 8, maxElements: 32, maxAttributes: 16 };
const open = '<?xml version="1.0"?><s:s xmlns="a" xmlns:s="b">';
const corpus = [
  `${open}<message to='a@b'><body>a &amp; b &#x1F600;</body></message></s:s>`,
  `${open}<s:a s:b="c" b="d"><![CDATA[<é>]]></s:a> <b/></s:s>`,
  `<s><iq type="get" id="1"><query xmlns="u"><item/><item a="&quot;"/></query></iq>\r\n<a>😀</a>`,
].map((text) => new TextEncoder().encode(text));

function parse(input: Uint8Array): Stanza[] {
  const stanzas: Stanza[] = [];
  const parser = new XmlStreamParser(limits, {
    onStart: (root) => stanzas.push(root),
    onStanza: (stanza) => stanzas.push(stanza),
    onEnd: () => undefined,
  });
  const cut = input.length >> 1;
  parser.push(input.subarray(0, cut));
  parser.push(input.subarray(cut));
  return stanzas;
}

it('takes or refuses 100,000 inputs that nobody wrote for it', () => {
  const isRefusal = (error: unknown) => error instanceof XmlError;
  const target = { corpus, maxBytes: 200, parse, isRefusal, weightPerByte: 8 };
  fc.assert(
    fc.property(fc.noBias(fc.nat()), (seed) => tryInputs(seed, target)),
    { numRuns: 100_000 / inputsPerRun },
  );
});

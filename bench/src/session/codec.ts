import { bundledDictionary, decodeStanza, encodeStanza } from '@causeway/binary-xml';
import type { BenchmarkOptions, Measure } from '../harness/benchmark.js';
import { cpuMsOf } from './cpu-rounds.js';
import { plainValue, sampleStanzas } from './stanzas.js';

const REPETITIONS = 20_000;
const LEAST = 0.3;
const limits = { maxBytes: 1_048_576, maxDepth: 32, maxElements: 10_000, maxAttributes: 64 };

/** Binary XML, against what V8 itself does with the same nodes as JSON. */
export async function measureCodec(options: BenchmarkOptions): Promise<readonly Measure[]> {
  options.log('session: binary XML against JSON');
  const dictionary = bundledDictionary();
  const nodes = sampleStanzas();
  const encoded = nodes.map((node) => encodeStanza(node, { dictionary, direction: 'server' }));
  const plain = nodes.map(plainValue);
  const texts = plain.map((node) => JSON.stringify(node));
  const cpu = await cpuMsOf(
    {
      decode: () => {
        for (const bytes of encoded) decodeStanza(bytes, { dictionary, limits, direction: 'server' });
      },
      parse: () => {
        for (const text of texts) JSON.parse(text);
      },
      encode: () => {
        for (const node of nodes) encodeStanza(node, { dictionary, direction: 'client' });
      },
      stringify: () => {
        for (const node of plain) JSON.stringify(node);
      },
    },
    REPETITIONS,
    options,
  );
  const measure = (name: string, ours: number, baseline: number, against: string): Measure => ({
    name,
    unit: 'stanzas/s',
    ours: (nodes.length * 1_000) / ours,
    baseline: (nodes.length * 1_000) / baseline,
    cpuMsPerOperation: ours / nodes.length,
    ratioGoal: { least: LEAST },
    note: `per second of CPU; ${cpu.rounds} rounds, ${nodes.length} kinds of stanza, against ${against}`,
  });
  return [
    measure('binary decode', cpu.decode, cpu.parse, 'JSON.parse'),
    measure('binary encode', cpu.encode, cpu.stringify, 'JSON.stringify'),
  ];
}

/// <reference types="./ltx.js" />
import { type XmlLimits, XmlError, XmlStreamParser } from '@causeway/xml';
import { Parser } from '@xmpp/xml';
import type { BenchmarkOptions, Measure } from '../harness/benchmark.js';
import { cpuMsOf, type Work } from './cpu-rounds.js';

const REPETITIONS = 20_000;
const LEAST = 0.5;
const JUNK_BYTES = 32 * 1024 * 1024;
const JUNK_MS = 5;
const JUNK_MB = 1;
const limits: XmlLimits = { maxLength: 262_144, maxDepth: 32, maxElements: 10_000, maxAttributes: 64 };
const header = '<stream:stream xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams">';

const samples: Readonly<Record<'chat' | 'receipt', string>> = {
  chat:
    '<message id="a1b2c3d4" to="bob@example.org/phone" from="alice@example.org/laptop" type="chat">' +
    `<body>${'Lorem ipsum dolor sit amet &amp; consectetur. '.repeat(24)}</body>` +
    '<active xmlns="http://jabber.org/protocol/chatstates"/><request xmlns="urn:xmpp:receipts"/>' +
    '<origin-id xmlns="urn:xmpp:sid:0" id="0123456789"/></message>',
  receipt:
    '<message id="a1" to="bob@example.org" type="chat">' +
    '<received xmlns="urn:xmpp:receipts" id="richard2-4.1.247"/></message>',
};

/** Text XML, against the parser that @xmpp comes with; and what refusing junk takes. */
export async function measureParser(options: BenchmarkOptions): Promise<readonly Measure[]> {
  const measures: Measure[] = [];
  for (const [kind, text] of Object.entries(samples)) {
    options.log(`session: XML parser against ltx, ${kind}`);
    const bytes = Buffer.from(text);
    const cpu = await cpuMsOf({ ours: ours(bytes), ltx: theirs(bytes) }, REPETITIONS, options);
    measures.push({
      name: `XML parser, ${kind} of ${bytes.length} bytes`,
      unit: 'stanzas/s',
      ours: 1_000 / cpu.ours,
      baseline: 1_000 / cpu.ltx,
      cpuMsPerOperation: cpu.ours,
      ratioGoal: { least: LEAST },
      note: `per second of CPU; ${cpu.rounds} rounds, against ltx in @xmpp/xml`,
    });
  }
  return [...measures, ...junk()];
}

function newParser(): XmlStreamParser {
  const nothing = () => undefined;
  const parser = new XmlStreamParser(limits, { onStart: nothing, onStanza: nothing, onEnd: nothing });
  parser.push(Buffer.from(header));
  return parser;
}

function ours(bytes: Uint8Array): Work {
  const parser = newParser();
  return () => parser.push(bytes);
}

/** As @xmpp/connection does: each chunk becomes text by itself. */
function theirs(bytes: Buffer): Work {
  const parser = new Parser();
  parser.on('element', () => undefined);
  parser.write(header);
  return () => parser.write(bytes.toString('utf8'));
}

function junk(): Measure[] {
  const bytes = new Uint8Array(JUNK_BYTES).fill(0x78);
  const parser = newParser();
  const memory = process.memoryUsage();
  const startedMs = performance.now();
  try {
    parser.push(Buffer.from('<message><body>'));
    parser.push(bytes);
    throw new Error('junk was accepted');
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
  }
  const tookMs = performance.now() - startedMs;
  const after = process.memoryUsage();
  const grown = after.heapUsed - memory.heapUsed + (after.arrayBuffers - memory.arrayBuffers);
  return [
    { name: '32 MiB of junk refused', unit: 'ms', ours: tookMs, goal: JUNK_MS, note: 'one chunk, once' },
    {
      name: '  memory',
      unit: 'MB',
      ours: grown / 1024 / 1024,
      goal: JUNK_MB,
      note: 'heap and buffers, uncollected',
    },
  ];
}

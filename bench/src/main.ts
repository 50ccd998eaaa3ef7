import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { accountsBenchmark } from './accounts/accounts-benchmark.js';
import type { Benchmark } from './harness/benchmark.js';
import { enlistmentBenchmark } from './accounts/enlistment.js';
import { inboxBenchmark } from './engines/inbox.js';
import { outboxBenchmark } from './engines/outbox.js';
import { ratioOf, renderReport, type BenchmarkReport } from './harness/report.js';
import { enginesBenchmark } from './engines/engines-benchmark.js';
import { idleBenchmark } from './idle/idle-benchmark.js';
import { latencyBenchmark } from './latency/latency-benchmark.js';
import { presenceBenchmark } from './presence/presence-benchmark.js';
import { sessionBenchmark } from './session/session-benchmark.js';
import { startBenchmark } from './start/start-benchmark.js';
import { webhooksBenchmark } from './webhooks/webhooks-benchmark.js';

const benchmarks: readonly Benchmark[] = [
  startBenchmark,
  latencyBenchmark,
  presenceBenchmark,
  enlistmentBenchmark,
  outboxBenchmark,
  inboxBenchmark,
  enginesBenchmark,
  accountsBenchmark,
  idleBenchmark,
  webhooksBenchmark,
  sessionBenchmark,
];

/**
 * `npm run bench [-- names…] [--json] [--rounds N] [--budget SECONDS]`: runs the named benchmarks, or all, one after
 * another. Tables go to stdout, or with `--json` one JSON line; what goes on goes to stderr.
 */
async function main(argv: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
      budget: { type: 'string', default: '60' },
    },
  });
  const unknown = positionals.find((name) => !benchmarks.some((benchmark) => benchmark.name === name));
  const [rounds, budgetMs] = [Number(values.rounds), Number(values.budget) * 1000];
  if (unknown !== undefined || !(rounds >= 1) || !(budgetMs >= 0)) {
    const names = benchmarks.map(({ name }) => name).join(', ');
    throw new Error(`bench [names…] [--json] [--rounds N] [--budget SECONDS], names: ${names}`);
  }
  const chosen = benchmarks.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const reports: BenchmarkReport[] = [];
  for (const benchmark of chosen) {
    const report = await measure(benchmark, { rounds, budgetMs });
    reports.push(report);
    if (!values.json) process.stdout.write(`${renderReport(report)}\n\n`);
  }
  if (values.json) process.stdout.write(`${JSON.stringify(reports.map(withRatios))}\n`);
}

async function measure(
  benchmark: Benchmark,
  limit: { readonly rounds: number; readonly budgetMs: number },
): Promise<BenchmarkReport> {
  const before = loadOfMachine();
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  const measures = await benchmark.run({ ...limit, log });
  const load = { before, after: loadOfMachine(), cores: availableParallelism() };
  return { benchmark: benchmark.name, measures, load };
}

/** Processes that wanted to run, on average over the last minute. */
function loadOfMachine(): number {
  return loadavg()[0] ?? Number.NaN;
}

function withRatios({ measures, ...report }: BenchmarkReport): object {
  return { ...report, measures: measures.map((one) => ({ ...one, ratio: ratioOf(one) })) };
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = 1;
  process.stderr.write(`bench: ${error instanceof Error ? error.message : 'failed'}\n`);
}

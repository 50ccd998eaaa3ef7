import type { Measure } from './benchmark.js';

/** Measures of one benchmark, and how busy the machine was around it. */
export interface BenchmarkReport {
  readonly benchmark: string;
  readonly measures: readonly Measure[];
  /** Processes that wanted to run, over the last minute: before and after. */
  readonly load: { readonly before: number; readonly after: number; readonly cores: number };
}

const HEADINGS = ['measure', 'ours', 'baseline', 'ratio', 'CPU/op', 'goal', 'note'];

/** @returns the report as a table for people */
export function renderReport({ benchmark, measures, load }: BenchmarkReport): string {
  const rows = [HEADINGS, ...measures.map(cells)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 || column === HEADINGS.length - 1 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
  const busy = `load ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after, on ${load.cores} cores`;
  return [`${benchmark}: ${busy}`, ...lines].join('\n');
}

/** @returns ours divided by the baseline, or undefined without one */
export function ratioOf({ ours, baseline }: Measure): number | undefined {
  return baseline === undefined ? undefined : ours / baseline;
}

function cells(measure: Measure): string[] {
  const { name, unit, ours, baseline, cpuMsPerOperation, note } = measure;
  const amount = (value: number | undefined, of: string = unit) =>
    value === undefined ? '' : `${rounded(value)} ${of}`;
  const ratio = ratioOf(measure);
  return [
    name,
    amount(ours),
    amount(baseline),
    ratio === undefined ? '' : ratio.toFixed(2),
    amount(cpuMsPerOperation, 'ms'),
    goalOf(measure),
    note,
  ];
}

function rounded(value: number): string {
  if (value >= 100) return String(Math.round(value));
  return value.toFixed(value < 1 ? 3 : 1);
}

function goalOf(measure: Measure): string {
  const { goal, ratioGoal, ours, unit } = measure;
  const verdict = (met: boolean) => (met ? 'met' : 'MISSED');
  if (goal !== undefined) return `${verdict(ours <= goal)} ≤ ${goal} ${unit}`;
  const ratio = ratioOf(measure);
  if (ratioGoal === undefined || ratio === undefined) return '';
  if ('most' in ratioGoal) return `${verdict(ratio <= ratioGoal.most)} ratio ≤ ${ratioGoal.most}`;
  return `${verdict(ratio >= ratioGoal.least)} ratio ≥ ${ratioGoal.least}`;
}

import { appendFileSync } from 'node:fs';

/** What became of one trial: numbers, and nothing of what was sent. */
export interface TrialRecord {
  /** Where, and what was done to it. */
  readonly trial: string;
  /** What its lots were drawn from; absent when nothing was left to chance. */
  readonly seed?: number;
  /** Sends that were taken, of which nobody knew, and that were refused. */
  readonly ok: number;
  readonly unknown: number;
  readonly refused: number;
  readonly lost: number;
  readonly doubled: number;
  readonly reordered: number;
  readonly phantom: number;
  /** From the end of the fault until everything flowed again; of several rounds the last. */
  readonly recoveredMs: number;
}

/** Prints a trial, and adds it as a line of JSON to the file FAULT_RECORD, which `npm run verify -- faults` makes a table of. */
export function recordTrial(record: TrialRecord): void {
  const { trial, recoveredMs, ...counts } = record;
  const words = Object.entries(counts).map(([name, value]) => `${name} ${value}`);
  process.stdout.write(`fault trial: ${trial}: ${words.join(', ')}, recovered in ${recoveredMs} ms\n`);
  const file = process.env['FAULT_RECORD'];
  if (file !== undefined && file !== '') appendFileSync(file, `${JSON.stringify(record)}\n`);
}

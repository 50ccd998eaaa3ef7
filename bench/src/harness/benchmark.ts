/** One figure of a benchmark. */
export interface Measure {
  readonly name: string;
  readonly unit: 'ms' | 'KB' | 'MB' | '%' | 'events/s' | 'tokens/s' | 'calls/s' | 'stanzas/s';
  readonly ours: number;
  /** The same with the part under measurement taken out. */
  readonly baseline?: number;
  /** Processor time of one operation, of every process of ours that takes part. */
  readonly cpuMsPerOperation?: number;
  /** What it must not exceed. */
  readonly goal?: number;
  /** Bounds of ours divided by the baseline. */
  readonly ratioGoal?: { readonly most: number } | { readonly least: number };
  /** Rounds whose median this is, or what was measured beside. */
  readonly note: string;
}

/** What a benchmark is given. */
export interface BenchmarkOptions {
  readonly rounds: number;
  /** No round begins after this, but one is always measured. */
  readonly budgetMs: number;
  /** Told in one line what goes on. */
  readonly log: (line: string) => void;
}

export interface Benchmark {
  readonly name: string;
  run(options: BenchmarkOptions): Promise<readonly Measure[]>;
}

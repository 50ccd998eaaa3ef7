import {
  Counter as PromCounter,
  Gauge as PromGauge,
  Histogram as PromHistogram,
  Registry,
} from 'prom-client';
import { LabelGuard, type Labels } from './label-guard.js';
import { MetricsError } from './metrics.errors.js';
import { processRegistry } from './process-metrics.js';

export interface Counter {
  inc(labels?: Labels, by?: number): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
  inc(labels?: Labels, by?: number): void;
  dec(labels?: Labels, by?: number): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/** The metrics of one service. Asking twice for a name gives the same metric. */
export interface Metrics {
  /** @throws MetricsError `metric_conflict` when the name is taken by another kind or other labels */
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  /** @throws MetricsError `metric_conflict` */
  gauge(name: string, help: string, labels?: readonly string[]): Gauge;
  /** @param buckets upper bounds; seconds from 1 ms to 10 s by default. @throws MetricsError `metric_conflict` */
  histogram(name: string, help: string, labels?: readonly string[], buckets?: readonly number[]): Histogram;
  readonly registry: Registry;
  readonly contentType: string;
  /** The service's and the process's metrics as Prometheus text. */
  render(): Promise<string>;
}

export interface MetricsOptions {
  /** Most label sets that one metric keeps apart; the rest is counted as `other`. */
  readonly maxLabelSets?: number;
}

const prefix = 'causeway_';
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const namePattern = /^[a-z][a-z0-9_]*$/;

/** A registry of its own for a service; names get the prefix `causeway_` when they lack it. */
export function createMetrics(service: string, { maxLabelSets = 256 }: MetricsOptions = {}): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  const known = new Map<string, { signature: string; metric: unknown }>();
  const excess = new PromCounter({
    name: `${prefix}metric_label_sets_refused_total`,
    help: 'Observations counted as `other` because their metric has too many label sets',
    labelNames: ['metric'],
    registers: [registry],
  });

  function once<T>(
    kind: string,
    given: string,
    labels: readonly string[],
    make: (name: string, guard: LabelGuard) => T,
  ): T {
    const name = given.startsWith(prefix) ? given : prefix + given;
    if (!namePattern.test(name)) throw new MetricsError('metric_name', `not a metric name: ${name}`);
    const signature = [kind, ...labels].join(' ');
    const existing = known.get(name);
    if (existing) {
      if (existing.signature === signature) return existing.metric as T;
      throw new MetricsError('metric_conflict', `${name} exists with another kind or other labels`);
    }
    const metric = make(name, new LabelGuard(labels, maxLabelSets, () => excess.inc({ metric: name })));
    known.set(name, { signature, metric });
    return metric;
  }

  return {
    registry,
    contentType: registry.contentType,
    counter: (given, help, labels = []) =>
      once('counter', given, labels, (name, guard): Counter => {
        const metric = new PromCounter({ name, help, labelNames: [...labels], registers: [registry] });
        return { inc: (values = {}, by = 1) => metric.inc(guard.admit(values), by) };
      }),
    gauge: (given, help, labels = []) =>
      once('gauge', given, labels, (name, guard): Gauge => {
        const metric = new PromGauge({ name, help, labelNames: [...labels], registers: [registry] });
        return {
          set: (value, values = {}) => metric.set(guard.admit(values), value),
          inc: (values = {}, by = 1) => metric.inc(guard.admit(values), by),
          dec: (values = {}, by = 1) => metric.dec(guard.admit(values), by),
        };
      }),
    histogram: (given, help, labels = [], buckets = secondsBuckets) =>
      once('histogram', given, labels, (name, guard): Histogram => {
        const options = { name, help, labelNames: [...labels], buckets: [...buckets], registers: [registry] };
        const metric = new PromHistogram(options);
        return { observe: (value, values = {}) => metric.observe(guard.admit(values), value) };
      }),
    render: async () => (await Promise.all([registry.metrics(), processRegistry().metrics()])).join('\n'),
  };
}

import { describe, expect, it } from 'vitest';
import { createMetrics, MetricsError } from '../index.js';

describe('createMetrics', () => {
  it('renders counters, gauges and histograms under the prefix with the service', async () => {
    const metrics = createMetrics('keys');
    metrics.counter('takes_total', 'Takes', ['outcome']).inc({ outcome: 'taken' }, 2);
    const gauge = metrics.gauge('sockets', 'Sockets');
    gauge.set(5);
    gauge.inc();
    gauge.dec({}, 2);
    metrics.histogram('take_seconds', 'Take', [], [0.1, 1]).observe(0.5);
    const text = await metrics.render();
    expect(text).toContain('causeway_takes_total{outcome="taken",service="keys"} 2');
    expect(text).toContain('causeway_sockets{service="keys"} 4');
    expect(text).toContain('causeway_take_seconds_bucket{le="1",service="keys"} 1');
  });

  it('keeps services apart and collects the process once', async () => {
    const [first, second] = [createMetrics('a'), createMetrics('b')];
    first.counter('only_here_total', 'x').inc();
    const texts = await Promise.all([first.render(), second.render()]);
    expect(texts[1]).not.toContain('only_here');
    for (const text of texts)
      expect(text.match(/^# TYPE causeway_process_cpu_seconds_total/gm)).toHaveLength(1);
  });

  it('gives the same metric for the same name and refuses another shape', async () => {
    const metrics = createMetrics('a');
    metrics.counter('x_total', 'x', ['k']).inc({ k: '1' });
    metrics.counter('causeway_x_total', 'x', ['k']).inc({ k: '1' });
    expect(await metrics.render()).toContain('causeway_x_total{k="1",service="a"} 2');
    expect(() => metrics.counter('x_total', 'x', ['other'])).toThrow(MetricsError);
    expect(() => metrics.gauge('x_total', 'x', ['k'])).toThrow(
      expect.objectContaining({ code: 'metric_conflict' }),
    );
    expect(() => metrics.gauge('X total', 'x')).toThrow(expect.objectContaining({ code: 'metric_name' }));
  });

  it('counts label sets beyond the bound, and long values, under `other`', async () => {
    const metrics = createMetrics('a', { maxLabelSets: 3 });
    const counter = metrics.counter('calls_total', 'x', ['peer']);
    for (let index = 0; index < 1_000; index++) counter.inc({ peer: `p${index}` });
    counter.inc({ peer: 'p0' });
    const long = metrics.counter('long_total', 'x', ['peer']);
    long.inc({ peer: 'x'.repeat(65) });
    const text = await metrics.render();
    expect(text.match(/^causeway_calls_total\{/gm)).toHaveLength(4);
    expect(text).toContain('causeway_calls_total{peer="other",service="a"} 997');
    expect(text).toContain('causeway_calls_total{peer="p0",service="a"} 2');
    expect(text).toContain('causeway_long_total{peer="other",service="a"} 1');
    expect(text).toContain(
      'causeway_metric_label_sets_refused_total{metric="causeway_calls_total",service="a"} 997',
    );
  });

  it('drops labels that were not declared', async () => {
    const metrics = createMetrics('a');
    metrics.counter('y_total', 'x', ['k']).inc({ k: '1', jid: 'planted' });
    expect(await metrics.render()).not.toContain('planted');
  });
});

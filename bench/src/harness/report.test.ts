import { expect, it } from 'vitest';
import { renderReport } from './report.js';

it('shows ours, the baseline, their ratio and whether the goal is met', () => {
  const text = renderReport({
    benchmark: 'latency',
    load: { before: 0.5, after: 1.25, cores: 2 },
    measures: [
      { name: 'p50', unit: 'ms', ours: 30, baseline: 20, cpuMsPerOperation: 4.25, note: '5 rounds' },
      {
        name: 'rate',
        unit: 'events/s',
        ours: 900,
        baseline: 1_000,
        cpuMsPerOperation: 0.021,
        ratioGoal: { least: 0.8 },
        note: '1 round',
      },
      { name: 'memory', unit: 'MB', ours: 412.4, goal: 400, note: '1 round' },
    ],
  });
  const [head = '', headings = '', first = '', rate = '', second = ''] = text.split('\n');
  expect(head).toBe('latency: load 0.5 before, 1.3 after, on 2 cores');
  expect(headings).toMatch(/^measure +ours +baseline +ratio +CPU\/op +goal +note$/);
  expect(first).toMatch(/^p50 +30\.0 ms +20\.0 ms +1\.50 +4\.3 ms +5 rounds$/);
  expect(rate).toMatch(/^rate +900 events\/s +1000 events\/s +0\.90 +0\.021 ms +met ratio ≥ 0\.8 +1 round$/);
  expect(second).toMatch(/^memory +412 MB +MISSED ≤ 400 MB +1 round$/);
});

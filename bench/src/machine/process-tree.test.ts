import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { canMeasureProcesses, processTree } from './process-tree.js';

it.runIf(canMeasureProcesses)('measures a process with those below it', () => {
  const own = processTree(process.pid);
  expect(own.processes).toBeGreaterThanOrEqual(1);
  expect(own.cpuMs).toBeGreaterThan(0);
  const { rss } = process.memoryUsage();
  expect(own.rssMb).toBeGreaterThan(rss / 1024 / 1024 / 2);
  expect(own.pssMb).toBeGreaterThan(0);
});

it('measures nothing of a process that has ended', () => {
  const pid = Number(execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }));
  expect(processTree(pid)).toEqual({ processes: 0, cpuMs: 0, rssMb: 0, pssMb: 0 });
});

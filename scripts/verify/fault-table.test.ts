import { expect, it } from 'vitest';
import { faultTable } from './fault-table.js';

it('shows each trial in a row, in the order of their ends', () => {
  const counts = { ok: 900, unknown: 3, refused: 0, lost: 0, doubled: 0, reordered: 0, phantom: 0 };
  const record = [
    { trial: 'Kafka, engine SIGKILL', seed: 4_294_967_295, ...counts, recoveredMs: 3_100 },
    { trial: 'clock', ...counts, lost: 12, recoveredMs: 7 },
  ].map((trial) => JSON.stringify(trial));
  expect(faultTable(`${record.join('\n')}\n`)).toEqual([
    'trial                        seed   ok  lost  doubled  reordered  phantom  recovered ms',
    'Kafka, engine SIGKILL  4294967295  900     0        0          0        0          3100',
    'clock                           -  900    12        0          0        0             7',
  ]);
});

it('says so when there is none', () => {
  expect(faultTable('')).toEqual(['no trial came to its end']);
});

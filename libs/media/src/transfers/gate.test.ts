import { createMetrics } from '@causeway/telemetry';
import { expect, it } from 'vitest';
import { createMediaMetrics } from '../media-metrics.js';
import { Gate } from './gate.js';

it('lets so many in at once, and another when one has left', () => {
  const gate = new Gate('relay', 2, createMediaMetrics(createMetrics('test')));
  const leave = gate.enter();
  gate.enter();
  expect(() => gate.enter()).toThrow(expect.objectContaining({ code: 'unavailable', retryAfterMs: 1_000 }));
  leave();
  leave();
  gate.enter();
  expect(() => gate.enter()).toThrow(expect.objectContaining({ code: 'unavailable' }));
});

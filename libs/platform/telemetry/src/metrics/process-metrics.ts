import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * How often the event loop's lag is sampled, milliseconds; it is also the least lag that is shown. Each sample wakes the
 * process: at the usual 10 ms that alone is 0.4 % of a core, here 0.08 %, and what operators act on is longer.
 */
const LAG_SAMPLE_MS = 50;

let shared: Registry | undefined;

/** Memory, processor, event loop of the process: collected once, however many services run in it. */
export function processRegistry(): Registry {
  if (!shared) {
    shared = new Registry();
    collectDefaultMetrics({
      register: shared,
      prefix: 'causeway_',
      eventLoopMonitoringPrecision: LAG_SAMPLE_MS,
    });
  }
  return shared;
}

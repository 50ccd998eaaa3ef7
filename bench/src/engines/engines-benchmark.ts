import { startEngines } from '@causeway/testing/engines';
import type { Benchmark } from '../harness/benchmark.js';
import { measureHop } from './hop.js';
import { measureThroughput } from './throughput.js';

/** The engines behind the ports, each against its bare client. */
export const enginesBenchmark: Benchmark = {
  name: 'engines',
  async run(options) {
    const running = await startEngines(new Set(['postgres', 'kafka'] as const));
    try {
      const { kafkaBrokers, ranOn } = running.engines;
      if (kafkaBrokers === undefined) {
        options.log(`engines: left out, kafka ${ranOn.kafka}`);
        return [];
      }
      const hop = await measureHop(running.engines, kafkaBrokers, options);
      return [...hop, ...(await measureThroughput(kafkaBrokers, options))];
    } finally {
      await running.stop();
    }
  },
};

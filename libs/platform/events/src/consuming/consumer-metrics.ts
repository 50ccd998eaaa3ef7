import type { Metrics } from '@causeway/telemetry';

/** What is counted about consumers; topics and groups are few and fixed. */
export function consumerMetrics(metrics: Metrics) {
  return {
    handled: metrics.counter('events_handled_total', 'Events handled, by outcome', [
      'topic',
      'group',
      'outcome',
    ]),
    retried: metrics.counter('events_retried_total', 'Tries of a handler that failed', ['topic', 'group']),
    deadLettered: metrics.counter(
      'events_dead_lettered_total',
      'Events moved to a dead-letter topic, by code',
      ['topic', 'group', 'code'],
    ),
    parkedLanes: metrics.gauge('events_parked_lanes', 'Keys whose events go to the dead-letter topic', [
      'topic',
      'group',
    ]),
    seconds: metrics.histogram('event_handle_seconds', 'Time from the first try to the outcome', [
      'topic',
      'group',
    ]),
    rebalances: metrics.counter('events_rebalances_total', 'Changes of assigned partitions', [
      'topic',
      'group',
    ]),
  };
}

export type ConsumerMetrics = ReturnType<typeof consumerMetrics>;

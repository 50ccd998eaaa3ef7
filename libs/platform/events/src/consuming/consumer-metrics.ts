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
    parked: metrics.counter('events_parked_total', 'Events parked in the order of their key, by code', [
      'topic',
      'group',
      'code',
    ]),
    parkedExpired: metrics.counter(
      'events_parked_expired_total',
      'Parked events removed because nobody brought them to an end in time, by code',
      ['topic', 'group', 'code'],
    ),
    parkedLanes: metrics.gauge('events_parked_lanes', 'Keys whose events wait behind one not handled', [
      'topic',
      'group',
    ]),
    parkedAge: metrics.gauge(
      'events_parked_oldest_seconds',
      'Time since the oldest parked event was parked; 0 when nothing is',
      ['topic', 'group'],
    ),
    seconds: metrics.histogram('event_handle_seconds', 'Time from the first try to the outcome', [
      'topic',
      'group',
    ]),
    lag: metrics.gauge('events_lag', 'Events in the partitions of this member that are not yet done', [
      'topic',
      'group',
    ]),
    queued: metrics.gauge(
      'events_queued',
      'Events in this process that wait for their handler or are with it; bounded for each partition',
      ['topic', 'group'],
    ),
    rebalances: metrics.counter('events_rebalances_total', 'Rebalances that this member went through', [
      'topic',
      'group',
    ]),
    rebalanceSeconds: metrics.histogram(
      'events_rebalance_seconds',
      'Time of a rebalance, from giving up the old share to having the new one',
      ['topic', 'group'],
      [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    ),
  };
}

export type ConsumerMetrics = ReturnType<typeof consumerMetrics>;

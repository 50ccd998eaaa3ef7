import type { Metrics } from '@causeway/telemetry';

/** Counters and gauges of the fanout service. */
export function createFanoutMetrics(metrics: Metrics) {
  return {
    sockets: metrics.gauge('fanout_sockets', 'Device sockets that are open'),
    closed: metrics.counter('fanout_sockets_closed_total', 'Device sockets closed by us, by WebSocket code', [
      'code',
    ]),
    frames: metrics.counter('fanout_frames_total', 'Frames by direction and type', ['direction', 'type']),
    delivered: metrics.counter('fanout_delivered_total', 'Deliveries that devices acknowledged', [
      'gatekeeper',
    ]),
    dropped: metrics.counter('fanout_dropped_total', 'Events left to the gatekeeper or given up, by reason', [
      'reason',
    ]),
    restored: metrics.counter(
      'fanout_presence_restored_total',
      'Entries put back after coordination lost its memory, by outcome',
      ['outcome'],
    ),
    webPush: metrics.counter('fanout_web_push_total', 'Answers of push services, by class of status', [
      'status',
    ]),
    wakes: metrics.counter('fanout_wakes_total', 'Wakes by outcome', ['outcome']),
  };
}

export type FanoutMetrics = ReturnType<typeof createFanoutMetrics>;

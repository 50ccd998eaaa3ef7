import type { Metrics } from '@causeway/telemetry';

/** Counters and gauges of tunnels. */
export function createTunnelMetrics(metrics: Metrics) {
  return {
    open: metrics.gauge('session_tunnels', 'Tunnels that are open', ['gatekeeper']),
    bytes: metrics.counter(
      'session_tunnel_bytes_total',
      'Bytes of messages that tunnels carried, by direction: `out` is to the gatekeeper',
      ['gatekeeper', 'direction'],
    ),
    waiting: metrics.gauge(
      'session_tunnel_waiting_bytes',
      'Bytes that wait in this pod for a side of a tunnel to take them',
    ),
    ended: metrics.counter('session_tunnels_ended_total', 'Tunnels that ended, by the reason', [
      'gatekeeper',
      'code',
    ]),
    refused: metrics.counter('session_tunnels_refused_total', 'Upgrades to a tunnel that were refused', [
      'code',
    ]),
  };
}

export type TunnelMetrics = ReturnType<typeof createTunnelMetrics>;

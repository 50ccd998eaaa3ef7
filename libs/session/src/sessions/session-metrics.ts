import type { Metrics } from '@causeway/telemetry';

/** Counters and gauges of the session service. */
export function createSessionMetrics(metrics: Metrics) {
  return {
    open: metrics.gauge('session_upstream_open', 'Upstream connections that are logged in', ['gatekeeper']),
    logins: metrics.counter('session_logins_total', 'Logins by outcome', ['gatekeeper', 'outcome']),
    ended: metrics.counter('session_ended_total', 'Upstream connections that ended, by code', [
      'gatekeeper',
      'code',
    ]),
    commands: metrics.counter('session_commands_total', 'Commands by type and outcome', ['type', 'outcome']),
    nacks: metrics.counter('session_nacks_total', 'Stanzas refused upstream, by the wire’s reason', [
      'reason',
    ]),
    unknownStanzas: metrics.counter(
      'session_unknown_stanzas_total',
      'Stanzas of a kind that is not known',
      [],
    ),
  };
}

export type SessionMetrics = ReturnType<typeof createSessionMetrics>;

import type { Metrics } from '@causeway/telemetry';

const SECONDS = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900] as const;

/** Counters and gauges of the session service. */
export function createSessionMetrics(metrics: Metrics) {
  return {
    sessions: metrics.gauge('session_states', 'Sessions of this pod by their state', ['gatekeeper', 'state']),
    open: metrics.gauge('session_upstream_open', 'Upstream connections that are logged in', ['gatekeeper']),
    logins: metrics.counter('session_logins_total', 'Logins by outcome', ['gatekeeper', 'outcome']),
    loginsWaiting: metrics.gauge('session_logins_waiting', 'Logins that wait for their turn', ['gatekeeper']),
    loginWait: metrics.histogram(
      'session_login_wait_seconds',
      'How long logins waited for their turn',
      ['gatekeeper'],
      SECONDS,
    ),
    reconnectDelay: metrics.histogram(
      'session_reconnect_delay_seconds',
      'How long sessions wait before they log in again',
      ['gatekeeper'],
      SECONDS,
    ),
    backlog: metrics.histogram(
      'session_backlog_seconds',
      'How long the backlog of a login took to come',
      ['gatekeeper'],
      SECONDS,
    ),
    ended: metrics.counter('session_ended_total', 'Upstream connections that ended, by code', [
      'gatekeeper',
      'code',
    ]),
    commands: metrics.counter('session_commands_total', 'Commands by type and outcome', ['type', 'outcome']),
    queries: metrics.counter(
      'session_queries_total',
      'Questions of devices about peers, by what they came to; `remembered` went to no gatekeeper',
      ['kind', 'outcome'],
    ),
    stanzas: metrics.counter('session_stanzas_total', 'Stanzas by direction and kind', ['direction', 'kind']),
    agreements: metrics.counter(
      'session_noise_agreements_total',
      'Agreements that devices were asked for with the Noise keys that they keep, by outcome',
      ['outcome'],
    ),
    rows: metrics.counter('session_rows_total', 'States of sessions written for operators, by outcome', [
      'outcome',
    ]),
    rests: metrics.counter(
      'session_rests_total',
      'Times for which a gatekeeper is left alone with something of a session, as they were written, by outcome',
      ['kind', 'outcome'],
    ),
    handovers: metrics.counter(
      'session_partition_handovers_total',
      'Partitions that came to this pod, by whether the connections of the owner before were closed',
      ['outcome'],
    ),
    preKeyOffers: metrics.counter(
      'session_prekey_offers_total',
      'Commands that bring a batch of one-time prekeys, by whether this pod may offer it',
      ['outcome'],
    ),
    nacks: metrics.counter('session_nacks_total', 'Stanzas refused upstream, by the wire’s reason', [
      'reason',
    ]),
    preKeyUploads: metrics.counter(
      'session_prekey_uploads_total',
      'Batches of one-time prekeys offered to gatekeepers, by outcome',
      ['gatekeeper', 'outcome'],
    ),
    rotations: metrics.counter(
      'session_signed_prekey_rotations_total',
      'New signed prekeys for gatekeepers, by outcome',
      ['gatekeeper', 'outcome'],
    ),
    keysUnanswered: metrics.counter(
      'session_keys_unanswered_total',
      'Questions about the keys that a gatekeeper holds and did not answer',
      ['what', 'code'],
    ),
    unknownStanzas: metrics.counter(
      'session_unknown_stanzas_total',
      'Stanzas of a kind that is not known',
      [],
    ),
  };
}

export type SessionMetrics = ReturnType<typeof createSessionMetrics>;

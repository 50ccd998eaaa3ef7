import type { Metrics } from '@causeway/telemetry';

/** What the media service counts. */
export type MediaMetrics = ReturnType<typeof createMediaMetrics>;

/** Declares the metrics of the media service. */
export function createMediaMetrics(metrics: Metrics) {
  return {
    uploads: metrics.counter('media_uploads_total', 'Uploads that ended, by how', ['outcome']),
    fetches: metrics.counter('media_fetches_total', 'Public fetches of blobs, by answer', ['outcome']),
    relays: metrics.counter('media_relays_total', 'Files of the gatekeeper asked for, by outcome', [
      'gatekeeper',
      'outcome',
    ]),
    bytes: metrics.counter('media_bytes_total', 'Bytes of media, by way', ['way']),
    transfers: metrics.gauge('media_transfers', 'Media transfers under way', ['way']),
    removed: metrics.counter('media_removed_total', 'Blobs removed: expired, given up or erased'),
  };
}

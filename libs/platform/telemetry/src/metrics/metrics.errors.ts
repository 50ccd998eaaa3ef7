export type MetricsErrorCode = 'metric_conflict' | 'metric_name';

/** A metric was declared twice in different ways, or under a name that Prometheus refuses. */
export class MetricsError extends Error {
  override readonly name = 'MetricsError';

  constructor(
    readonly code: MetricsErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** What a cluster of kafkajs looks like from the inside, as far as the fetches under way are concerned. */
export interface FetchingCluster {
  readonly brokerPool: {
    readonly brokers: Readonly<
      Record<string, { readonly connectionPool: { readonly pool: readonly FetchingConnection[] } }>
    >;
  };
}

interface FetchingConnection {
  readonly requestQueue: {
    readonly inflight: ReadonlyMap<number, { readonly entry: { readonly apiKey: number } }>;
    fulfillRequest(answer: { correlationId: number; size: number; payload: Buffer }): void;
  };
}

const fetchKey = 1;
/** The answer to a fetch, of any version, that finds nothing: no throttling, no error, no session, no topics. */
const nothing = Buffer.alloc(14);

/**
 * Ends the waits for events at once, as if the brokers had answered that there are none. What they answer later matches
 * no request and is dropped: positions have not moved, so it is fetched again.
 */
export function endFetchWaits({ brokerPool }: FetchingCluster): void {
  for (const { connectionPool } of Object.values(brokerPool.brokers)) {
    for (const { requestQueue } of connectionPool.pool) {
      for (const [correlationId, { entry }] of [...requestQueue.inflight]) {
        if (entry.apiKey !== fetchKey) continue;
        requestQueue.fulfillRequest({ correlationId, size: nothing.length, payload: nothing });
      }
    }
  }
}

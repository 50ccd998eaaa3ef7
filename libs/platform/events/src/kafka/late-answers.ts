/** What a request queue of kafkajs looks like from the inside, as far as the look for late answers needs it. */
export interface AnswerQueue {
  readonly enforceRequestTimeout: boolean;
  readonly inflight: ReadonlyMap<
    unknown,
    { readonly sentAt: number; readonly requestTimeout: number; timeoutRequest(): void }
  >;
  isConnected(): boolean;
}

/** How exact the bound of a request is. */
const lookMs = 1_000;

const queues = new Set<AnswerQueue>();
let looking: NodeJS.Timeout | undefined;

/**
 * Takes the place of a method of kafkajs' request queue that arms a timer for each connection, ten times a second: here
 * one timer looks at all connections of the process.
 */
export function watchForLateAnswers(this: AnswerQueue): void {
  if (!this.enforceRequestTimeout) return;
  queues.add(this);
  looking ??= setInterval(look, lookMs);
}

function look(): void {
  const now = Date.now();
  for (const queue of queues) {
    for (const request of queue.inflight.values()) {
      if (now - request.sentAt > request.requestTimeout) request.timeoutRequest();
    }
    if (!queue.isConnected()) queues.delete(queue);
  }
  if (queues.size > 0) return;
  clearInterval(looking);
  looking = undefined;
}

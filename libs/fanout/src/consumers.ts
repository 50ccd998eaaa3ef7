import { accountTopic } from '@causeway/contracts/accounts';
import { downstreamTopic } from '@causeway/contracts/downstream';
import { keysTopic } from '@causeway/contracts/keys';
import type { UpstreamEvent } from '@causeway/contracts/upstream';
import { pushTopic } from '@causeway/contracts/webhooks';
import type { Subscription } from '@causeway/events';
import { AccountConsumer } from './accounts/account.consumer.js';
import { DownstreamConsumer, type CustodyOf } from './delivery/downstream.consumer.js';
import type { FanoutMetrics } from './fanout-metrics.js';
import type { FanoutContext } from './fanout.service.js';
import type { DurableMailbox } from './mailbox/durable-mailbox.js';
import { PushConsumer } from './push/push.consumer.js';
import type { Wakes } from './push/open-wakes.js';
import type { Submissions } from './submissions/submissions.js';

const GROUP = 'fanout';
const DRAIN_MS = 10_000;
const RETRY = { attempts: 5, backoffMs: 200 };

interface ConsumerParts {
  readonly durable: DurableMailbox;
  readonly submissions: Submissions;
  readonly custodyOf: CustodyOf;
  readonly metrics: FanoutMetrics;
  readonly wakes: Wakes;
  readonly upstream: (events: readonly UpstreamEvent[]) => Promise<void>;
}

/** Subscribes fanout to its four topics; the subscriptions end with the drain's stage `consumers`. */
export async function subscribeConsumers(context: FanoutContext, parts: ConsumerParts): Promise<void> {
  const { bus, coordination, lifecycle, clock } = context;
  const { durable, submissions, custodyOf, metrics, wakes, upstream } = parts;
  const downstream = new DownstreamConsumer(coordination, durable, submissions, custodyOf, metrics);
  const account = new AccountConsumer(coordination, durable, submissions, wakes);
  const { store, dispatch } = wakes;
  const push = new PushConsumer({ coordination, wakes: store, dispatch, upstream, metrics, clock });
  const shared = { group: GROUP, mode: 'shared', retry: RETRY, onPoison: 'park' } as const;
  const subscriptions: Subscription[] = await Promise.all([
    bus.subscribe({
      topic: downstreamTopic,
      ...shared,
      onPoison: 'dead-letter',
      handle: ({ data }) => downstream.handle(data),
    }),
    bus.subscribe({
      topic: accountTopic,
      ...shared,
      handle: ({ data, time }) => account.account(data, Date.parse(time)),
    }),
    bus.subscribe({ topic: keysTopic, ...shared, handle: ({ data }) => account.keys(data) }),
    bus.subscribe({ topic: pushTopic, ...shared, handle: ({ data }) => push.handle(data) }),
  ]);
  const close = async () =>
    void (await Promise.all(subscriptions.map((subscription) => subscription.close())));
  lifecycle.onStop('consumers', 'consumers', close, DRAIN_MS);
}

import { accountTopic } from '@causeway/contracts/accounts';
import { downstreamTopic } from '@causeway/contracts/downstream';
import { keysTopic } from '@causeway/contracts/keys';
import { pushTopic } from '@causeway/contracts/webhooks';
import type { Subscription } from '@causeway/events';
import { Webhook } from 'standardwebhooks';
import { AccountConsumer } from './accounts/account.consumer.js';
import { DownstreamConsumer, type CustodyOf } from './delivery/downstream.consumer.js';
import type { FanoutMetrics } from './fanout-metrics.js';
import type { FanoutContext } from './fanout.service.js';
import type { DurableMailbox } from './mailbox/durable-mailbox.js';
import { LogWake } from './push/log-wake.js';
import { PushConsumer } from './push/push.consumer.js';
import type { WakePort } from './push/wake.port.js';
import { WebhookWake } from './push/webhook-wake.js';
import { fanoutSection } from './settings.js';
import type { Submissions } from './submissions/submissions.js';

const GROUP = 'fanout';
const DRAIN_MS = 10_000;
const RETRY = { attempts: 5, backoffMs: 200 };

interface ConsumerParts {
  readonly durable: DurableMailbox;
  readonly submissions: Submissions;
  readonly custodyOf: CustodyOf;
  readonly metrics: FanoutMetrics;
}

/** Subscribes fanout to its four topics; the subscriptions end with the drain's stage `consumers`. */
export async function subscribeConsumers(context: FanoutContext, parts: ConsumerParts): Promise<void> {
  const { bus, coordination, lifecycle } = context;
  const { durable, submissions, custodyOf, metrics } = parts;
  const downstream = new DownstreamConsumer(coordination, durable, submissions, custodyOf, metrics);
  const account = new AccountConsumer(coordination, durable, submissions);
  const push = new PushConsumer(coordination, createWakePort(context), metrics);
  const shared = { group: GROUP, mode: 'shared', retry: RETRY, onPoison: 'park' } as const;
  const subscriptions: Subscription[] = await Promise.all([
    bus.subscribe({
      topic: downstreamTopic,
      ...shared,
      onPoison: 'dead-letter',
      handle: ({ data }) => downstream.handle(data),
    }),
    bus.subscribe({ topic: accountTopic, ...shared, handle: ({ data }) => account.account(data) }),
    bus.subscribe({ topic: keysTopic, ...shared, handle: ({ data }) => account.keys(data) }),
    bus.subscribe({ topic: pushTopic, ...shared, handle: ({ data }) => push.handle(data) }),
  ]);
  const close = async () =>
    void (await Promise.all(subscriptions.map((subscription) => subscription.close())));
  lifecycle.onStop('consumers', 'consumers', close, DRAIN_MS);
}

function createWakePort({ settings, clock, logger, live }: FanoutContext): WakePort {
  const { WAKE_URL, WAKE_SECRET } = settings;
  if (WAKE_URL === 'log:' || WAKE_SECRET === undefined) return new LogWake(logger);
  const signer = live(fanoutSection, (values) => new Webhook(values.WAKE_SECRET ?? ''));
  return new WebhookWake(WAKE_URL, signer, () => clock.now());
}

import { accountTopic } from '@causeway/contracts/accounts';
import { keysTopic } from '@causeway/contracts/keys';
import { sessionTopic } from '@causeway/contracts/session';
import { upstreamTopic } from '@causeway/contracts/upstream';
import type { ServiceContext, ServiceDefinition } from '@causeway/runtime';
import { KeysModule } from './keys.module.js';
import { keysPersonalData } from './personal-data.js';
import { PublishedKeys } from './published/published-keys.service.js';
import { UploadConsumer } from './upload/upload.consumer.js';

const DRAIN_MS = 10_000;
const RETRY = { attempts: 5, backoffMs: 200 };

/** The keys service: published prekeys, and the gatekeeper's directory kept filled. */
export const keysService: ServiceDefinition<[]> = {
  name: 'keys',
  personalData: keysPersonalData,
  sections: [],
  outbox: { schema: 'keys', topics: [keysTopic, upstreamTopic] },
  module(context) {
    const { postgres, coordination } = context;
    return KeysModule.with(new PublishedKeys(postgres), postgres, coordination, () => subscribe(context));
  },
};

async function subscribe({ bus, postgres, lifecycle, metrics, logger }: ServiceContext): Promise<void> {
  const consumer = new UploadConsumer(postgres, metrics, logger);
  const shared = { group: 'keys', mode: 'shared', retry: RETRY, onPoison: 'park' } as const;
  const subscriptions = await Promise.all([
    bus.subscribe({ topic: sessionTopic, ...shared, handle: ({ data, id }) => consumer.session(data, id) }),
    bus.subscribe({
      topic: accountTopic,
      ...shared,
      handle: ({ data, time }) => consumer.account(data, time),
    }),
  ]);
  const close = async () =>
    void (await Promise.all(subscriptions.map((subscription) => subscription.close())));
  lifecycle.onStop('consumers', 'consumers', close, DRAIN_MS);
}

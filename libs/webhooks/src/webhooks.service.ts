import { pushTopic } from '@causeway/contracts/webhooks';
import type { ConfigValues } from '@causeway/config';
import { createEgress } from '@causeway/http';
import { limits } from '@causeway/limits';
import { loadProfiles } from '@causeway/profiles';
import type { ServiceContext, ServiceDefinition } from '@causeway/runtime';
import { webhooksPersonalData } from './personal-data.js';
import { JwksFile } from './published-keys/jwks-file.js';
import { CallBudget } from './push/call-budget.js';
import type { PushIntake } from './push/push.controller.js';
import { PushRecorder } from './push/push-recorder.js';
import { PushResolver } from './push/push-resolver.js';
import { PushStore } from './push/push.store.js';
import { pushSweep } from './push/push.sweep.js';
import { PushTokens } from './push/push-tokens.js';
import { webhooksSection } from './settings.js';
import { WebhooksModule } from './webhooks.module.js';

const sections = [webhooksSection] as const;
const DRAIN_MS = 10_000;

/** The webhooks service: takes in the gatekeeper's calls and serves the keys of our tokens. */
export const webhooksService: ServiceDefinition<typeof sections> = {
  name: 'webhooks',
  personalData: webhooksPersonalData,
  sections,
  outbox: { schema: 'webhooks', topics: [pushTopic] },
  sweeps: [pushSweep],
  bodyBytes: limits.pushBodyBytes.value,
  // The gatekeeper reads the keys of our tokens here; a call that cannot be recorded is refused with 503.
  readyWithoutDatabase: true,
  async module(context) {
    const { settings, postgres, coordination, clock, logger, lifecycle, metrics } = context;
    const store = new PushStore(postgres);
    const resolver = new PushResolver(store, clock, logger);
    lifecycle.onStop('push resolver', 'consumers', () => resolver.stop(), DRAIN_MS);
    const intake: PushIntake = {
      tokens: await createTokens(context),
      budget: new CallBudget(coordination.rates, clock),
      recorder: new PushRecorder((calls) => store.record(calls)),
      resolver,
      hmacKey: Buffer.from(settings.IDENTIFIER_HMAC_KEY, 'base64'),
      calls: metrics.counter('webhooks_push_total', 'Calls of the gatekeeper', ['gatekeeper', 'outcome']),
    };
    return WebhooksModule.with(intake, new JwksFile(settings.JWKS_FILE, clock, logger), settings.PUBLIC_URL);
  },
};

async function createTokens(
  context: ServiceContext<ConfigValues<typeof sections>>,
): Promise<ReadonlyMap<string, PushTokens>> {
  const { settings, clock, logger, lifecycle, metrics, certificates } = context;
  const development = settings.DEVELOPMENT;
  const fetches = metrics.counter('webhooks_gatekeeper_keys_total', 'Readings of a gatekeeper’s keys', [
    'gatekeeper',
    'outcome',
  ]);
  const profiles = await loadProfiles(settings.PROFILES_DIR, settings.PROFILES, { development });
  const tokens = new Map<string, PushTokens>();
  for (const [id, { push, egress: allowed }] of profiles) {
    const { hosts, allowPrivateAddresses } = allowed;
    const ca = () => certificates.current.GATEKEEPER_CA;
    const egress = createEgress({ allowedHosts: hosts, allowPrivateAddresses, ca, clock });
    lifecycle.onStop(`egress to ${id}`, 'engines', () => egress.close(), DRAIN_MS);
    const onFetched = (good: boolean) => {
      fetches.inc({ gatekeeper: id, outcome: good ? 'read' : 'failed' });
      if (!good) logger.warn({ gatekeeper: id }, 'the keys cannot be read; the last good ones stay in use');
    };
    tokens.set(id, new PushTokens(push, egress, clock, onFetched));
  }
  return tokens;
}

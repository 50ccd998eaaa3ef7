import { createSecretKey } from 'node:crypto';
import { pushTopic } from '@causeway/contracts/webhooks';
import { ConfigError, type ConfigValues } from '@causeway/config';
import { createEgress, openClearHttp2 } from '@causeway/http';
import { limits } from '@causeway/limits';
import { loadProfiles } from '@causeway/profiles';
import type { ServiceContext, ServiceDefinition } from '@causeway/runtime';
import { webhooksPersonalData } from './personal-data.js';
import type { FastifyInstance } from 'fastify';
import { DiscoveryDocument } from './published-keys/discovery-document.js';
import { JwksFile } from './published-keys/jwks-file.js';
import { CallBudget } from './push/call-budget.js';
import type { PushIntake } from './push/push.controller.js';
import { PushRecorder } from './push/push-recorder.js';
import { PushResolver } from './push/push-resolver.js';
import { PushStore } from './push/push.store.js';
import { pushSweeps } from './push/push.sweep.js';
import { PushTokens } from './push/push-tokens.js';
import { webhooksSection } from './settings.js';
import { WebhooksModule } from './webhooks.module.js';

const sections = [webhooksSection] as const;
const DRAIN_MS = 10_000;

type WebhooksContext = ServiceContext<ConfigValues<typeof sections>>;

/** The webhooks service: takes in the gatekeeper's calls and serves the keys of our tokens. */
export const webhooksService: ServiceDefinition<typeof sections> = {
  name: 'webhooks',
  personalData: webhooksPersonalData,
  sections,
  outbox: { schema: 'webhooks', topics: [pushTopic] },
  sweeps: pushSweeps,
  http2: true,
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
      hmacKey: createSecretKey(settings.IDENTIFIER_HMAC_KEY, 'base64'),
      calls: metrics.counter('webhooks_push_total', 'Calls of the gatekeeper', ['gatekeeper', 'outcome']),
    };
    const keys = new JwksFile(settings.JWKS_FILE, clock, logger, metrics);
    const document = new DiscoveryDocument(settings.PUBLIC_URL, keys);
    const start = async (fastify: FastifyInstance): Promise<void> => {
      resolver.kick();
      // A file that cannot be used is told of now, and not when the gatekeeper asks.
      await keys.read().catch(() => undefined);
      await listenInClear(context, fastify);
    };
    return WebhooksModule.with({ intake, keys, document, start });
  },
};

/** The port for a proxy that speaks HTTP/2 in clear text, when there is one. */
async function listenInClear({ settings, lifecycle, logger }: WebhooksContext, fastify: FastifyInstance) {
  const { HTTP2_PORT, HTTP_HOST: host, TLS_CERTIFICATE } = settings;
  if (HTTP2_PORT === undefined) return;
  if (TLS_CERTIFICATE !== undefined) {
    const problem =
      'is spoken in clear text, for a proxy: with CAUSEWAY_TLS_CERTIFICATE the listener speaks HTTP/2 itself, leave this out';
    throw new ConfigError([{ variable: 'CAUSEWAY_HTTP2_PORT', problem }]);
  }
  const port = await openClearHttp2(fastify, { port: HTTP2_PORT, host, lifecycle });
  logger.info({ port }, 'listening for HTTP/2 in clear text');
}

async function createTokens(context: WebhooksContext): Promise<ReadonlyMap<string, PushTokens>> {
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

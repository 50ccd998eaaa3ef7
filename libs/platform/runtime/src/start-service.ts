import { randomUUID } from 'node:crypto';
import {
  outboundCertificatesSection,
  processEnvironment,
  readConfig,
  type ConfigSection,
  type ConfigValues,
  type Environment,
} from '@causeway/config';
import type { openEventBus } from '@causeway/events';
import { watchFailpoints } from '@causeway/failpoints';
import {
  AccessTokenVerifier,
  createEgress,
  createHttpApp,
  InternalClient,
  ReadinessChecks,
} from '@causeway/http';
import { Lifecycle, systemClock, type DrainReport } from '@causeway/lifecycle';
import { inboxSweep, OutboxDrainer } from '@causeway/outbox';
import { PersonalData, type Reveal, type Reveals } from '@causeway/personal-data';
import { sql } from '@causeway/postgres';
import { Sweeper } from '@causeway/sweeper';
import { createLogger, createMetrics, type Logger, type LoggerOptions } from '@causeway/telemetry';
import { openEngines } from './engines.js';
import { openIdentity } from './identity.js';
import { LiveSettings } from './live-settings.js';
import { RuntimeModule } from './runtime.module.js';
import { sharedSections } from './sections.js';
import { ruleChecks } from './setting-rules.js';
import type { ServiceContext, ServiceDefinition, SharedSettings } from './service.js';

export interface StartOptions {
  /** Where settings come from; the process's environment by default. */
  readonly env?: Environment;
  /** Where log lines go; standard output by default. */
  readonly logDestination?: LoggerOptions['destination'];
  /** Opens the event bus in place of the one that the settings name: benchmarks compare with one that has no log. */
  readonly openBus?: typeof openEventBus;
}

/** A service that listens. */
export interface RunningService {
  readonly name: ServiceDefinition['name'];
  /** Where it listens, e.g. `http://127.0.0.1:7001`. */
  readonly url: string;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  /** Stops in order: no new work, consumers, outbox, connections, engines. */
  drain(): Promise<DrainReport>;
}

const DRAIN_MS = 10_000;

/**
 * Starts a service: reads its settings, opens its engines, starts its module, listens, and marks it ready.
 * @throws {ConfigError} when settings are missing or do not fit
 * @throws {Error} whatever an engine or the module throws at start; what was opened is closed again
 */
export async function startService<Sections extends readonly ConfigSection[]>(
  definition: ServiceDefinition<Sections>,
  options: StartOptions = {},
): Promise<RunningService> {
  const sections = [...sharedSections, ...definition.sections];
  const settings = readConfig(sections, options.env, { checks: ruleChecks }) as SharedSettings &
    ConfigValues<Sections>;
  if (settings.FAILPOINTS_FILE !== undefined) watchFailpoints(settings.FAILPOINTS_FILE);
  const destination = options.logDestination;
  const logger = createLogger({
    service: definition.name,
    level: settings.LOG_LEVEL,
    ...(destination !== undefined && { destination }),
  });
  const metrics = createMetrics(definition.name);
  const shuttingDown = metrics.gauge('shutting_down', 'Whether the service is draining');
  const lifecycle = new Lifecycle({ logger, onShuttingDown: (value) => shuttingDown.set(value) });
  try {
    const live = new LiveSettings(options.env ?? processEnvironment(), {
      clock: systemClock,
      logger,
      metrics,
    });
    lifecycle.onStop('settings', 'readiness', async () => live.stop(), DRAIN_MS);
    const reveals = new Map<string, Reveal>();
    const context = createContext(
      definition,
      settings,
      { logger, metrics, lifecycle, live },
      options.openBus,
      reveals,
    );
    const url = await listen(definition, context, reveals);
    lifecycle.markReady();
    logger.info({ port: Number(new URL(url).port) }, 'listening');
    return { name: definition.name, url, logger, lifecycle, drain: () => lifecycle.drain() };
  } catch (error) {
    await lifecycle.drain();
    throw error;
  }
}

function createContext<Sections extends readonly ConfigSection[]>(
  definition: ServiceDefinition<Sections>,
  settings: SharedSettings & ConfigValues<Sections>,
  {
    logger,
    metrics,
    lifecycle,
    live,
  }: Pick<ServiceContext, 'logger' | 'metrics' | 'lifecycle'> & {
    readonly live: LiveSettings;
  },
  openBus: StartOptions['openBus'],
  reveals: Map<string, Reveal>,
): ServiceContext<ConfigValues<Sections>> {
  const { name } = definition;
  const clock = systemClock;
  const certificates = live.open(outboundCertificatesSection, (values) => values);
  const egress = createEgress({
    ca: () => certificates.current.OIDC_CA,
    allowedHosts: [new URL(settings.OIDC_JWKS_URL).host],
    allowPrivateAddresses: settings.DEVELOPMENT,
  });
  lifecycle.onStop('egress of access tokens', 'engines', () => egress.close(), DRAIN_MS);
  const accessTokens = new AccessTokenVerifier({
    issuer: settings.OIDC_ISSUER,
    audience: settings.OIDC_AUDIENCE,
    jwksUrl: settings.OIDC_JWKS_URL,
    rightsClaim: settings.OIDC_RIGHTS_CLAIM,
    egress,
    logger,
    clock,
  });
  const identity = openIdentity(live);
  return {
    name,
    podId: randomUUID(),
    settings,
    logger,
    metrics,
    lifecycle,
    readiness: new ReadinessChecks(clock),
    clock,
    ...openEngines(name, settings, { logger, metrics, lifecycle, clock, certificates }, openBus),
    certificates,
    accessTokens,
    identity,
    live: (section, build) => live.open(section, build),
    reveal: (table, reveal) => void reveals.set(table, reveal),
    internal(audience, baseUrl) {
      const client = new InternalClient({
        baseUrl,
        audience,
        service: name,
        credentials: identity.credentials,
        clock,
      });
      lifecycle.onStop(`calls to ${audience}`, 'engines', () => client.close(), DRAIN_MS);
      return client;
    },
  };
}

async function listen<Sections extends readonly ConfigSection[]>(
  definition: ServiceDefinition<Sections>,
  context: ServiceContext<ConfigValues<Sections>>,
  reveals: Reveals,
): Promise<string> {
  const { settings, logger, metrics, lifecycle, readiness, postgres, bus, identity, clock } = context;
  if (definition.readyWithoutDatabase !== true) {
    readiness.add('database', async () => void (await postgres.query(sql`select 1`)));
  }
  if (definition.outbox !== undefined) {
    const drainer = new OutboxDrainer({ postgres, bus, clock, logger, metrics, ...definition.outbox });
    drainer.start();
    lifecycle.onStop('outbox', 'outbox', () => drainer.stop(), DRAIN_MS);
  }
  const sweeper = new Sweeper([inboxSweep(definition.name), ...(definition.sweeps ?? [])], context);
  sweeper.start();
  lifecycle.onStop('sweeper', 'consumers', () => sweeper.stop(), DRAIN_MS);
  const personalData =
    definition.personalData && new PersonalData(postgres, definition.personalData, reveals);
  const module = RuntimeModule.with(await definition.module(context), context, personalData);
  const app = await createHttpApp(module, {
    name: definition.name,
    logger,
    metrics,
    lifecycle,
    readiness,
    trustedProxies: settings.TRUSTED_PROXIES,
    proxyProtocol: settings.PROXY_PROTOCOL,
    ...(definition.bodyBytes !== undefined && { bodyLimit: definition.bodyBytes }),
    ...(definition.http2 !== undefined && { http2: definition.http2 }),
    ...(identity.listener && { tls: identity.listener }),
  });
  await app.listen(settings.HTTP_PORT, settings.HTTP_HOST);
  return app.getUrl();
}

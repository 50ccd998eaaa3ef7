import { upstreamTopic, type UpstreamEvent } from '@causeway/contracts/upstream';
import { GatekeeperId } from '@causeway/contracts/ids';
import type { ConfigValues } from '@causeway/config';
import { RevocationWatch } from '@causeway/coordination';
import { TrustedProxies } from '@causeway/http';
import { limits } from '@causeway/limits';
import { loadProfiles } from '@causeway/profiles';
import type { ServiceContext, ServiceDefinition } from '@causeway/runtime';
import { keyServiceSection, wrappingKeysSection } from '@causeway/sealing';
import { revokedSince } from '@causeway/store/directory';
import { OptIns } from './accounts/opt-ins.js';
import { SignOffs } from './connections/sign-offs.js';
import { ratesByProfile } from './connections/user-rates.js';
import { subscribeConsumers } from './consumers.js';
import { createFanoutMetrics } from './fanout-metrics.js';
import { FanoutModule } from './fanout.module.js';
import { DurableMailbox } from './mailbox/durable-mailbox.js';
import { mailboxSweep, stallsSweep } from './mailbox/mailbox.sweep.js';
import { fanoutPersonalData } from './personal-data.js';
import { openWakes } from './push/open-wakes.js';
import { wakesSweep } from './push/wakes.sweep.js';
import { fanoutSection } from './settings.js';
import { DeviceSignals } from './sockets/device-signals.js';
import { PresenceKeeper } from './sockets/presence-keeper.js';
import { applyRevoked } from './sockets/revoked-devices.js';
import { SocketRegistry } from './sockets/socket-registry.js';
import { SocketServer } from './sockets/socket-server.js';
import { Submissions } from './submissions/submissions.js';
import { submissionsSweep } from './submissions/submissions.sweep.js';

const sections = [fanoutSection, wrappingKeysSection, keyServiceSection] as const;
const DRAIN_MS = 15_000;

export type FanoutContext = ServiceContext<ConfigValues<typeof sections>>;

/** The fanout service: holds the devices' sockets and brings them what waits for them. */
export const fanoutService: ServiceDefinition<typeof sections> = {
  name: 'fanout',
  personalData: fanoutPersonalData,
  sections,
  outbox: { schema: 'fanout', topics: [upstreamTopic] },
  sweeps: [mailboxSweep, stallsSweep, submissionsSweep, wakesSweep],
  async module(context) {
    const { settings, lifecycle, coordination, clock, logger, podId, postgres } = context;
    const profiles = await loadProfiles(settings.PROFILES_DIR, settings.PROFILES, {
      development: settings.DEVELOPMENT,
    });
    const custodyOf = (gatekeeper: string) => profiles.get(gatekeeper)?.custody ?? 'gatekeeper';
    const metrics = createFanoutMetrics(context.metrics);
    const durable = new DurableMailbox(postgres);
    const submissions = new Submissions(postgres, () => clock.now());
    const upstream = (events: readonly UpstreamEvent[]) => publishUpstream(context, events);
    const wakes = openWakes(context, metrics);
    const registry = new SocketRegistry(metrics);
    const signOffs = new SignOffs(coordination.presence);
    const keeper = new PresenceKeeper(registry, { ...context, metrics, signOffs });
    const signals = new DeviceSignals(podId, registry, coordination, keeper, clock, logger);
    const revocations = watchRevocations(context, registry);
    const server = new SocketServer(registry, {
      ...context,
      mayAcceptNewSends: () => revocations.mayAcceptNewSends(),
      metrics,
      signOffs,
      durable,
      submissions,
      custodyOf,
      ratesOf: ratesByProfile(profiles),
      upstream,
      partitionOf: (sessionKey) => context.bus.partitionOf(upstreamTopic, sessionKey),
      optIns: new OptIns(
        postgres,
        [...profiles.keys()].map((id) => GatekeeperId.parse(id)),
      ),
      proxies: new TrustedProxies(settings.TRUSTED_PROXIES),
    });
    lifecycle.onStop('device sockets', 'intake', () => server.drain(), DRAIN_MS);
    lifecycle.onStop('device signals', 'consumers', () => signals.stop(), DRAIN_MS);
    return FanoutModule.with(server, wakes.desk, async () => {
      await signals.start();
      await revocations.start();
      await subscribeConsumers(context, { durable, submissions, custodyOf, metrics, wakes, upstream });
      wakes.dispatch.start();
    });
  },
};

/** Reads which devices lost their rights, and takes the pod out of rotation while that cannot be read. */
function watchRevocations(context: FanoutContext, registry: SocketRegistry): RevocationWatch {
  const { coordination, postgres, clock, logger, metrics, lifecycle, readiness } = context;
  const watch = new RevocationWatch({
    since: (epoch) => revokedSince(postgres, epoch, limits.revocationPageItems.value),
    revoked: (deviceIds) => applyRevoked(registry, deviceIds, logger),
    signals: coordination.signals,
    clock,
    logger,
    metrics,
  });
  lifecycle.onStop('revocations', 'consumers', () => watch.stop(), DRAIN_MS);
  readiness.add('revocations', () => watch.check());
  return watch;
}

function publishUpstream(context: FanoutContext, events: readonly UpstreamEvent[]): Promise<void> {
  return context.bus.publish(
    upstreamTopic,
    events.map((data) => ({ data })),
  );
}

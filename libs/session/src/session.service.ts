import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import type { ConfigValues } from '@causeway/config';
import { RevocationWatch } from '@causeway/coordination';
import { TimerWheel } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { loadProfiles } from '@causeway/profiles';
import type { ServiceContext, ServiceDefinition } from '@causeway/runtime';
import { keyServiceSection, openKeyWrap, wrappingKeysSection } from '@causeway/sealing';
import { revokedSince } from '@causeway/store/directory';
import { UpstreamConsumer } from './commands/upstream.consumer.js';
import { Deletions } from './deletions/deletions.service.js';
import type { Outbound } from './links/upstream-dialers.js';
import { AccountConsumer } from './noise-keys/account.consumer.js';
import { DeviceNoiseKeys } from './noise-keys/device-noise-keys.js';
import { NoiseKeyStore } from './noise-keys/noise-keys.store.js';
import { unneededKeysSweep } from './noise-keys/unneeded-keys.sweep.js';
import { sessionSealedTables } from './noise-keys/sealed-tables.js';
import { NoiseKeys } from './noise-keys/noise-keys.service.js';
import { IndexWatch } from './ownership/index-watch.js';
import { Openings } from './ownership/openings.js';
import { PartitionFence, type Handover } from './ownership/partition-fence.js';
import { SessionRows } from './ownership/session-rows.js';
import { PresenceWatch } from './ownership/presence-watch.js';
import { closeRevoked } from './ownership/revoked-sessions.js';
import { sessionPersonalData } from './personal-data.js';
import { PreKeyOffers } from './prekeys/prekey-offers.js';
import { Rests } from './rests/rests.js';
import { RestStore } from './rests/rests.store.js';
import { restsSweep } from './rests/rests.sweep.js';
import { sessionDependencies } from './session-dependencies.js';
import { SessionModule } from './session.module.js';
import { BusSessionEvents } from './sessions/session-events.js';
import { createSessionMetrics } from './sessions/session-metrics.js';
import { SessionRegistry } from './sessions/session-registry.js';
import { sessionSection } from './settings.js';
import { TokensClient } from './tokens/tokens.client.js';
import { Tunnels } from './tunnel/tunnels.js';

const sections = [sessionSection, wrappingKeysSection, keyServiceSection] as const;
const DRAIN_MS = 10_000;

/** The session service: holds the upstream connections of the devices that are online. */
export const sessionService: ServiceDefinition<typeof sections> = {
  name: 'session',
  personalData: sessionPersonalData,
  sections,
  outbox: undefined,
  sweeps: [unneededKeysSweep, restsSweep],
  async module(context) {
    const noiseKeys = new NoiseKeys(
      new NoiseKeyStore(context.postgres),
      openKeyWrap(context, sessionSealedTables),
    );
    const profiles = await loadProfiles(context.settings.PROFILES_DIR, context.settings.PROFILES, {
      development: context.settings.DEVELOPMENT,
    });
    const { coordination, postgres, clock, logger, bus, lifecycle } = context;
    const events = new BusSessionEvents(bus);
    const metrics = createSessionMetrics(context.metrics);
    const revocations = new RevocationWatch({
      ...context,
      signals: {
        subscribe: (channel, onSignal) => coordination.signals.subscribe(channel, onSignal),
      },
      since: (epoch) => revokedSince(postgres, epoch, limits.revocationPageItems.value),
      async revoked(deviceIds) {
        await Promise.all([closeRevoked(registry, openings, deviceIds), tunnels.revoked(deviceIds)]);
      },
    });
    // One timer of the process for all that thousands of sessions wait for.
    const wheel = new TimerWheel(clock);
    const rows = new SessionRows({
      ...context,
      generationOf: (partition) => consumer.generationOf(partition),
      writes: metrics.rows,
    });
    const restStore = new RestStore({
      ...context,
      ownerOf(sessionKey) {
        const partition = registry.partitionOf(sessionKey);
        return partition === undefined ? undefined : consumer.ownerOf(partition);
      },
      writes: metrics.rests,
    });
    const rests = new Rests(wheel, (rest) => void restStore.write(rest));
    const deviceKeys = new DeviceNoiseKeys({ events, metrics, clock: wheel, logger });
    const deps = sessionDependencies({
      profiles,
      noiseKeys: { sealed: noiseKeys, device: deviceKeys },
      outbound: outboundOf(context),
      tokens: new TokensClient(context.internal('accounts', context.settings.ACCOUNTS_URL)),
      events,
      metrics,
      rests,
      logger,
      clock: wheel,
      isSure: () => consumer.isSure(),
      dedupeKey: dedupeKeyOf(context.settings.DEDUPE_KEY),
      onState: (sessionKey, partition, state, code) => rows.changed(sessionKey, partition, state, code),
      mayAcceptNewSends: () => revocations.mayAcceptNewSends(),
      keptNoiseKeys: noiseKeys,
    });
    const registry = new SessionRegistry(deps);
    const knowsRights = () => revocations.mayAcceptNewSends();
    const tunnels = new Tunnels(context, { profiles, events: deps.events, knowsRights });
    const accounts = new AccountConsumer(bus, noiseKeys, {
      async forget(sessionKey) {
        await rows.forget(sessionKey);
        await restStore.forget(sessionKey);
      },
    });
    const index = new IndexWatch(coordination, clock, logger);
    const openings = new Openings(postgres);
    const watch = new PresenceWatch(registry, coordination.presence, index, openings, clock, logger);
    const fence = new PartitionFence({ postgres, clock: wheel, logger, handovers: metrics.handovers });
    const offers = new PreKeyOffers(postgres, metrics.preKeyOffers);
    const handover: Handover = {
      async take(partitions, generation) {
        await fence.take(partitions, generation);
        rests.restore(await restStore.load(partitions));
      },
      release: (owners) => fence.release(owners),
    };
    const consumer = new UpstreamConsumer(bus, registry, watch, handover, offers, deviceKeys);
    lifecycle.onStop('tunnels', 'intake', () => tunnels.drain(), DRAIN_MS);
    lifecycle.onStop('upstream commands', 'consumers', () => consumer.stop(), DRAIN_MS);
    lifecycle.onStop('account events', 'consumers', () => accounts.stop(), DRAIN_MS);
    lifecycle.onStop('upstream connections', 'outbox', () => registry.closeAll('draining'), DRAIN_MS);
    lifecycle.onStop('states of sessions', 'connections', () => rows.flush(), DRAIN_MS);
    lifecycle.onStop('presence watch', 'consumers', () => watch.stop(), DRAIN_MS);
    lifecycle.onStop('revocations', 'consumers', () => revocations.stop(), DRAIN_MS);
    return SessionModule.with(noiseKeys, new Deletions(profiles, deps), async (server) => {
      await revocations.start();
      await accounts.start();
      await consumer.start();
      watch.start();
      await tunnels.start(server);
    });
  },
};

function outboundOf({ certificates, coordination }: ServiceContext<ConfigValues<typeof sections>>): Outbound {
  return {
    ca: () => certificates.current.GATEKEEPER_CA,
    // Where a device is says nothing of whether it may be served: without it the gatekeeper is told nothing.
    addressOf: async (sessionKey) =>
      (await coordination.presence.get(sessionKey).catch(() => undefined))?.clientAddress,
  };
}

/** The key under which senders and stanza ids are hashed: every pod must have the same, and nobody else. */
function dedupeKeyOf(secret: string): KeyObject {
  const key = hkdfSync('sha256', Buffer.from(secret, 'base64'), '', 'causeway dedupe v1', 32);
  return createSecretKey(new Uint8Array(key));
}

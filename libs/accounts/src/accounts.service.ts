import { ConfigError, type ConfigValues } from '@causeway/config';
import { accountTopic } from '@causeway/contracts/accounts';
import { sessionTopic } from '@causeway/contracts/session';
import { pushTopic } from '@causeway/contracts/webhooks';
import { revocationChannel } from '@causeway/coordination';
import { BackendCertificates, TrustedProxies } from '@causeway/http';
import { loadProfiles } from '@causeway/profiles';
import type { ServiceContext, ServiceDefinition } from '@causeway/runtime';
import { keyServiceSection, openKeyWrap, wrappingKeysSection } from '@causeway/sealing';
import { AccountsModule } from './accounts.module.js';
import { auditSweep } from './audit/audit.sweep.js';
import { Devices } from './devices/devices.service.js';
import { DeviceEnlistments } from './enlistment/device-enlistments.js';
import { Eligibility } from './eligibility/eligibility.service.js';
import { EligibilitySweeper } from './eligibility/eligibility.sweeper.js';
import { RegionHeader } from './eligibility/region-header.js';
import { Sights } from './eligibility/sights.js';
import { Enlister } from './enlistment/enlister.js';
import { EnlistmentKeySource } from './enlistment/enlistment-keys.js';
import { EnlistmentSweeper } from './enlistment/enlistment.sweeper.js';
import { Gatekeepers } from './gatekeepers.js';
import { Assertions } from './identifiers/assertions.js';
import { IdentifierHash } from './identifiers/identifier-hash.js';
import { Identifiers } from './identifiers/identifiers.store.js';
import { Proofs } from './identifiers/proofs.js';
import { Recycling } from './identifiers/recycling.js';
import { Consents } from './opt-ins/consents.js';
import { ConnectDays } from './inactivity/connect-days.js';
import { DeletionsClient } from './inactivity/deletions.client.js';
import { InactivitySweeper } from './inactivity/inactivity.sweeper.js';
import { DeviceDeletions } from './leaving/device-deletions.js';
import { ConnectionModes } from './modes/connection-modes.js';
import { OptIns } from './opt-ins/opt-ins.service.js';
import { SessionConsumer } from './opt-ins/session.consumer.js';
import { SCHEMA } from './outbox.js';
import { Erasures } from './personal-data/erasure.service.js';
import { ErasureSweeper } from './personal-data/erasure.sweeper.js';
import { Exports } from './personal-data/export.service.js';
import { Stores } from './personal-data/stores.js';
import { accountsSection } from './settings.js';
import { openSigning } from './signing/open-signing.js';
import { checkAlgorithms, type RingSigners } from './signing/ring-signers.js';
import { remoteSignerSection, tokenSigningSection } from './signing/signing.settings.js';
import type { SigningKeys } from './signing/token-signer.js';
import { TokenMint } from './tokens/token-mint.js';
import { Tokens } from './tokens/tokens.service.js';
import { accountsSealedTables } from './users/data-keys.js';
import { Suspensions } from './users/suspension.service.js';
import { Users } from './users/users.store.js';

const sections = [
  accountsSection,
  tokenSigningSection,
  remoteSignerSection,
  wrappingKeysSection,
  keyServiceSection,
] as const;
const DRAIN_MS = 20_000;
const RETRY = { attempts: 5, backoffMs: 200 };

type Context = ServiceContext<ConfigValues<typeof sections>>;

/** The accounts service: users, devices, opt-ins, enlistment and tokens. */
export const accountsService: ServiceDefinition<typeof sections> = {
  name: 'accounts',
  sections,
  outbox: { schema: SCHEMA, topics: [accountTopic, pushTopic] },
  sweeps: [auditSweep],
  async module(context) {
    const { postgres, coordination, clock, logger, metrics, settings, lifecycle } = context;
    const users = new Users(postgres, openKeyWrap(context, accountsSealedTables));
    const signers = openSigning(context);
    const gatekeepers = await openGatekeepers(context, signers.current);
    const keys: SigningKeys = { signerAt: (algorithm, at) => signers.current.signerAt(algorithm, at) };
    const mint = new TokenMint(users, keys, clock);
    const session = context.internal('session', settings.SESSION_URL);
    const keySource = new EnlistmentKeySource(context.internal('keys', settings.KEYS_URL), session);
    const engines = { postgres, users, gatekeepers, coordination, clock, logger, metrics };
    const enlister = new Enlister({ ...engines, keySource, mint });
    const identifiers = new Identifiers(new IdentifierHash(settings.IDENTIFIER_HMAC_KEY), postgres);
    const consents = new Consents(users, identifiers);
    const recycling = new Recycling(users, identifiers, () => optIns, logger);
    const eligibility = createEligibility(context, users, gatekeepers);
    const proofs = new Proofs(users, identifiers);
    const optIns: OptIns = new OptIns({
      ...engines,
      consents,
      keySource,
      enlister,
      proofs,
      recycling,
      eligibility,
    });
    const sweeper = new EnlistmentSweeper(postgres, enlister, clock, logger);
    const inactivity = new InactivitySweeper({
      ...engines,
      optIns,
      deletions: new DeletionsClient(session),
      reminderDays: settings.INACTIVITY_REMINDER_DAYS,
    });
    const connectDays = new ConnectDays(
      postgres,
      (gatekeeper) => inactivity.firstLookDays(gatekeeper),
      () => inactivity.kick(),
      clock,
      logger,
    );
    lifecycle.onStop('inactivity sweeper', 'consumers', () => inactivity.stop(), DRAIN_MS);
    lifecycle.onStop('enlistment sweeper', 'consumers', () => sweeper.stop(), DRAIN_MS);
    const stores = openStores(context);
    const erasures = new Erasures({ postgres, users, stores, optIns, logger });
    const backgrounds = startable(context, erasures, eligibility);
    const providers = {
      users,
      eligibility,
      sights: new Sights(regionHeaderOf(settings), users, eligibility, clock),
      suspensions: new Suspensions(users, optIns),
      assertions: new Assertions({ postgres, users, identifiers, recycling, optIns, clock }),
      erasures,
      exports: new Exports({ postgres, users, stores, clock }),
      certificates: certificatesOf(settings),
      devices: new Devices(postgres, users, optIns, coordination),
      deviceEnlistments: new DeviceEnlistments({ ...engines, optIns, enlister }),
      deviceDeletions: new DeviceDeletions(users, optIns),
      connectionModes: new ConnectionModes({ ...engines, optIns }),
      optIns,
      tokens: new Tokens({ ...engines, mint, connectDays }),
    };
    return AccountsModule.with(providers, async () => {
      await consumeSessions(context, new SessionConsumer(users, connectDays, logger), connectDays);
      sweeper.start();
      inactivity.start();
      for (const background of backgrounds) background.start();
    });
  },
};

function createEligibility(context: Context, users: Users, gatekeepers: Gatekeepers): Eligibility {
  const { postgres, coordination, clock, metrics } = context;
  const help = 'Decisions by the region policies of gatekeepers';
  return new Eligibility({
    postgres,
    users,
    profiles: gatekeepers.profiles(),
    clock,
    tellRevoked: () => coordination.signals.publish(revocationChannel, ''),
    decisions: metrics.counter('eligibility_decisions_total', help, ['gatekeeper', 'outcome']),
  });
}

/** The other services, which show and erase what they keep about persons. */
function openStores({ internal, settings }: Context): Stores {
  return new Stores({
    keys: internal('keys', settings.KEYS_URL),
    session: internal('session', settings.SESSION_URL),
    fanout: internal('fanout', settings.FANOUT_URL),
    media: internal('media', settings.MEDIA_URL),
    webhooks: internal('webhooks', settings.WEBHOOKS_URL),
  });
}

function startable(
  context: Context,
  erasures: Erasures,
  eligibility: Eligibility,
): readonly { start(): void }[] {
  const { clock, logger, lifecycle } = context;
  const erasing = new ErasureSweeper({ ...context, erasures });
  const judging = new EligibilitySweeper(eligibility, clock, logger);
  lifecycle.onStop('erasures', 'consumers', () => erasing.stop(), DRAIN_MS);
  lifecycle.onStop('absences', 'consumers', () => judging.stop(), DRAIN_MS);
  return [erasing, judging];
}

function regionHeaderOf({ REGION_HEADER, TRUSTED_PROXIES }: Context['settings']): RegionHeader {
  return new RegionHeader(REGION_HEADER, new TrustedProxies(TRUSTED_PROXIES));
}

/** @throws {ConfigError} when certificates are named that no connection is asked for */
function certificatesOf({ PROVIDER_CERTIFICATES, MUTUAL_TLS }: Context['settings']): BackendCertificates {
  if (PROVIDER_CERTIFICATES.length > 0 && !MUTUAL_TLS) {
    const problem = 'is not used without CAUSEWAY_MUTUAL_TLS=true: no connection is asked for a certificate';
    throw new ConfigError([{ variable: 'CAUSEWAY_PROVIDER_CERTIFICATES', problem }]);
  }
  return new BackendCertificates(new Set(PROVIDER_CERTIFICATES));
}

async function openGatekeepers(
  { settings, lifecycle, certificates }: Context,
  signers: RingSigners,
): Promise<Gatekeepers> {
  const { PROFILES_DIR, PROFILES, DEVELOPMENT } = settings;
  const profiles = await loadProfiles(PROFILES_DIR, PROFILES, { development: DEVELOPMENT });
  checkAlgorithms(signers, profiles.values());
  const gatekeepers = new Gatekeepers(profiles, () => certificates.current.GATEKEEPER_CA);
  lifecycle.onStop('connections to gatekeepers', 'connections', () => gatekeepers.close(), DRAIN_MS);
  return gatekeepers;
}

async function consumeSessions(
  { bus, lifecycle }: Context,
  consumer: SessionConsumer,
  connectDays: ConnectDays,
): Promise<void> {
  connectDays.start();
  const subscription = await bus.subscribe({
    topic: sessionTopic,
    group: 'accounts',
    mode: 'shared',
    retry: RETRY,
    onPoison: 'park',
    handle: ({ data, id }) => consumer.handle(data, id),
  });
  const stop = async () => {
    await subscription.close();
    await connectDays.stop();
  };
  lifecycle.onStop('session events', 'consumers', stop, DRAIN_MS);
}

import type { ConfigValues } from '@causeway/config';
import { accountTopic } from '@causeway/contracts/accounts';
import { sessionTopic } from '@causeway/contracts/session';
import { pushTopic } from '@causeway/contracts/webhooks';
import { loadProfiles } from '@causeway/profiles';
import type { ServiceContext, ServiceDefinition } from '@causeway/runtime';
import { LocalKeyWrap } from '@causeway/sealing';
import { AccountsModule } from './accounts.module.js';
import { Devices } from './devices/devices.service.js';
import { DeviceEnlistments } from './enlistment/device-enlistments.js';
import { Enlister } from './enlistment/enlister.js';
import { EnlistmentKeySource } from './enlistment/enlistment-keys.js';
import { EnlistmentSweeper } from './enlistment/enlistment.sweeper.js';
import { Gatekeepers } from './gatekeepers.js';
import { IdentifierHash } from './identifiers/identifier-hash.js';
import { Identifiers } from './identifiers/identifiers.store.js';
import { Consents } from './opt-ins/consents.js';
import { ConnectDays } from './inactivity/connect-days.js';
import { DeletionsClient } from './inactivity/deletions.client.js';
import { InactivitySweeper } from './inactivity/inactivity.sweeper.js';
import { OptIns } from './opt-ins/opt-ins.service.js';
import { SessionConsumer } from './opt-ins/session.consumer.js';
import { SCHEMA } from './outbox.js';
import { accountsSection, tokenSigningSection } from './settings.js';
import { checkAlgorithms, LocalSigner, ReplaceableSigner, type TokenSigner } from './tokens/signing-key.js';
import { Tokens } from './tokens/tokens.service.js';
import { Users } from './users/users.store.js';

const sections = [accountsSection, tokenSigningSection] as const;
const DRAIN_MS = 20_000;
const RETRY = { attempts: 5, backoffMs: 200 };

type Context = ServiceContext<ConfigValues<typeof sections>>;

/** The accounts service: users, devices, opt-ins, enlistment and tokens. */
export const accountsService: ServiceDefinition<typeof sections> = {
  name: 'accounts',
  sections,
  outbox: { schema: SCHEMA, topics: [accountTopic, pushTopic] },
  async module(context) {
    const { postgres, coordination, clock, logger, metrics, settings, lifecycle } = context;
    const users = new Users(postgres, new LocalKeyWrap(settings.KEY_ENCRYPTION_KEY));
    const signer = new ReplaceableSigner(
      context.live(tokenSigningSection, (values) => new LocalSigner(values.TOKEN_SIGNING_KEY)),
    );
    const gatekeepers = await openGatekeepers(context, signer);
    const session = context.internal('session', settings.SESSION_URL);
    const keySource = new EnlistmentKeySource(context.internal('keys', settings.KEYS_URL), session);
    const engines = { postgres, users, gatekeepers, coordination, clock, logger, metrics };
    const enlister = new Enlister({ ...engines, keySource, signer });
    const consents = new Consents(users, new Identifiers(new IdentifierHash(settings.IDENTIFIER_HMAC_KEY)));
    const optIns = new OptIns({ ...engines, consents, keySource, enlister });
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
    const providers = {
      devices: new Devices(postgres, users, optIns, coordination),
      deviceEnlistments: new DeviceEnlistments({ ...engines, optIns, enlister }),
      optIns,
      tokens: new Tokens({ ...engines, signer }),
    };
    return AccountsModule.with(providers, async () => {
      await consumeSessions(context, new SessionConsumer(users, connectDays, logger), connectDays);
      sweeper.start();
      inactivity.start();
    });
  },
};

async function openGatekeepers(
  { settings, lifecycle, certificates }: Context,
  signer: TokenSigner,
): Promise<Gatekeepers> {
  const { PROFILES_DIR, PROFILES, DEVELOPMENT } = settings;
  const profiles = await loadProfiles(PROFILES_DIR, PROFILES, { development: DEVELOPMENT });
  checkAlgorithms(signer, profiles.values());
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

import { mkdirSync } from 'node:fs';
import { TcpFaultProxy } from '@causeway/testing/faults';
import {
  loadDevelopmentKeys,
  prepareKeyRing,
  prepareWrappingRings,
  serviceUrl,
  stackFolders,
  startIdentityProvider,
  startStackSimulator,
  startWakeReceiver,
  writeSimulatorProfile,
  type Custody,
  type DevelopmentKeys,
  type EnvironmentOptions,
  type StackEndpoints,
  type StackPorts,
  type WakeReceiver,
} from 'causeway/stack';
import { profileTemplate } from './paths.js';

/** What a test asks of a column. */
export interface ColumnOptions {
  readonly dataDir: string;
  readonly ports: StackPorts;
  readonly custody: Custody;
  readonly logLevel: string;
  /** Further settings of every service. */
  readonly further: Readonly<Record<string, string>>;
}

/** All that is not ours to run: the gatekeeper, the provider's identity provider and backend. They outlive every kill. */
export interface Surroundings {
  readonly endpoints: StackEndpoints & { readonly control: string };
  readonly keys: DevelopmentKeys;
  readonly wakes: WakeReceiver;
  /** On the way of every upstream connection to the gatekeeper. */
  readonly upstreamLink: TcpFaultProxy;
  /** The services' settings, as far as they do not depend on engines. */
  readonly settings: Omit<EnvironmentOptions, 'keys' | 'engines'>;
  stop(): Promise<void>;
}

/** Starts them in this process. */
export async function startSurroundings(options: ColumnOptions): Promise<Surroundings> {
  const { dataDir, ports } = options;
  const folders = stackFolders(dataDir);
  mkdirSync(folders.devices, { recursive: true });
  const keys = loadDevelopmentKeys(dataDir);
  await prepareKeyRing(folders.keyRing);
  await prepareWrappingRings(folders.wrappingRings, keys);
  const identityProvider = await startIdentityProvider(ports.identityProvider, keys.identityProviderKey);
  const wakes = await startWakeReceiver(ports.provider, keys.wakeSecret);
  const simulator = await startStackSimulator(ports, keys.simulatorRootKey, {});
  const chat = new URL(simulator.endpoints.chat);
  const upstreamLink = await TcpFaultProxy.open({
    target: { host: chat.hostname, port: Number(chat.port) },
  });
  chat.port = String(upstreamLink.port);
  const profile = await writeSimulatorProfile(
    profileTemplate,
    folders.profiles,
    ports,
    { ...simulator, endpoints: { ...simulator.endpoints, chat: chat.href } },
    options.custody,
  );
  return {
    keys,
    wakes,
    upstreamLink,
    endpoints: {
      services: {
        accounts: serviceUrl(ports, 'accounts'),
        keys: serviceUrl(ports, 'keys'),
        session: serviceUrl(ports, 'session'),
        fanout: serviceUrl(ports, 'fanout'),
        media: serviceUrl(ports, 'media'),
        webhooks: serviceUrl(ports, 'webhooks'),
      },
      gatekeeper: profile,
      tokenUrl: identityProvider.tokenUrl,
      control: simulator.endpoints.control,
    },
    settings: {
      ports,
      issuer: identityProvider.issuer,
      oidcJwksUrl: identityProvider.jwksUrl,
      profilesDir: folders.profiles,
      profiles: [profile],
      keyRing: folders.keyRing,
      wrappingRings: folders.wrappingRings,
      logLevel: options.logLevel,
      further: options.further,
    },
    async stop() {
      await upstreamLink.close();
      await simulator.stop();
      await wakes.stop();
      await identityProvider.stop();
    },
  };
}

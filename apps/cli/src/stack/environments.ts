import type { KeyRingPaths } from '@causeway/accounts/key-ring';
import type { ServiceName } from '@causeway/runtime';
import { AUDIENCE } from '../identity-provider/development-client.js';
import type { WrappingRingPaths } from '../wrapping-keys/services.js';
import { publicJwk, type DevelopmentKeys } from './development-keys.js';
import type { StackPorts } from './ports.js';
import { serviceNames } from './service-names.js';

type Environment = Readonly<Record<string, string>>;

/** The environment of each service, as a deployment would set it. */
export type ServiceEnvironments = Readonly<Record<ServiceName, Environment>>;

/** What a stack's services run on. */
export interface StackEngines {
  /** @returns the database URL of a service. */
  databaseUrlOf(service: ServiceName): string;
  readonly eventsUrl: string;
  /** @returns the address of coordination for a service. */
  coordinationUrlOf(service: ServiceName): string;
  readonly blobsUrl: string;
  /** @returns further settings of the engines for a service, such as credentials. */
  extraOf(service: ServiceName): Environment;
}

export interface EnvironmentOptions {
  readonly ports: StackPorts;
  readonly keys: DevelopmentKeys;
  readonly engines: StackEngines;
  readonly issuer: string;
  readonly oidcJwksUrl: string;
  readonly profilesDir: string;
  readonly profiles: readonly string[];
  readonly keyRing: KeyRingPaths;
  readonly wrappingRings: WrappingRingPaths;
  readonly logLevel: string;
  /** Further settings of every service. */
  readonly further?: Environment;
}

/** Partitions of each topic of a stack. */
export const eventPartitions = '8';

/** @returns the address of a service of the stack. */
export function serviceUrl(ports: StackPorts, service: ServiceName): string {
  return `http://127.0.0.1:${ports[service]}`;
}

/** @returns the environments with which the six services run on the given engines. */
export function serviceEnvironments(options: EnvironmentOptions): ServiceEnvironments {
  const { ports, keys, engines } = options;
  const url = (service: ServiceName) => serviceUrl(ports, service);
  const own: ServiceEnvironments = {
    accounts: {
      CAUSEWAY_WRAPPING_KEY_RING_FILE: options.wrappingRings.accounts,
      CAUSEWAY_IDENTIFIER_HMAC_KEY: keys.identifierHmacKey,
      CAUSEWAY_TOKEN_KEY_RING_FILE: options.keyRing.ring,
      CAUSEWAY_SESSION_URL: url('session'),
      CAUSEWAY_KEYS_URL: url('keys'),
      CAUSEWAY_FANOUT_URL: url('fanout'),
      CAUSEWAY_MEDIA_URL: url('media'),
      CAUSEWAY_WEBHOOKS_URL: url('webhooks'),
    },
    keys: {},
    session: {
      CAUSEWAY_WRAPPING_KEY_RING_FILE: options.wrappingRings.session,
      CAUSEWAY_DEDUPE_KEY: keys.dedupeKey,
      CAUSEWAY_ACCOUNTS_URL: url('accounts'),
    },
    fanout: {
      CAUSEWAY_WRAPPING_KEY_RING_FILE: options.wrappingRings.fanout,
      CAUSEWAY_WAKE_URL: `http://127.0.0.1:${ports.provider}/wake`,
      CAUSEWAY_WAKE_SECRET: keys.wakeSecret,
    },
    media: { CAUSEWAY_BLOBS_URL: engines.blobsUrl, CAUSEWAY_PUBLIC_URL: url('media') },
    webhooks: {
      CAUSEWAY_IDENTIFIER_HMAC_KEY: keys.identifierHmacKey,
      CAUSEWAY_JWKS_FILE: options.keyRing.keySet,
      CAUSEWAY_PUBLIC_URL: url('webhooks'),
    },
  };
  const entries = serviceNames.map((name) => [
    name,
    { ...shared(options, name), ...engines.extraOf(name), ...own[name] },
  ]);
  return Object.fromEntries(entries) as ServiceEnvironments;
}

function shared(options: EnvironmentOptions, name: ServiceName): Environment {
  const { ports, keys, engines } = options;
  const publicKeys = serviceNames.map((service) => publicJwk(keys.serviceKeys[service]));
  return {
    NODE_ENV: 'development',
    CAUSEWAY_DEVELOPMENT: 'true',
    CAUSEWAY_LOG_LEVEL: options.logLevel,
    CAUSEWAY_HTTP_HOST: '127.0.0.1',
    CAUSEWAY_HTTP_PORT: String(ports[name]),
    CAUSEWAY_DATABASE_URL: engines.databaseUrlOf(name),
    CAUSEWAY_DATABASE_POOL_SIZE: '5',
    CAUSEWAY_EVENTS_URL: engines.eventsUrl,
    CAUSEWAY_EVENTS_PARTITIONS: eventPartitions,
    CAUSEWAY_COORDINATION_URL: engines.coordinationUrlOf(name),
    CAUSEWAY_SERVICE_PRIVATE_KEY: JSON.stringify(keys.serviceKeys[name]),
    CAUSEWAY_SERVICE_KEYS: JSON.stringify({ keys: publicKeys }),
    CAUSEWAY_OIDC_ISSUER: options.issuer,
    CAUSEWAY_OIDC_AUDIENCE: AUDIENCE,
    CAUSEWAY_OIDC_JWKS_URL: options.oidcJwksUrl,
    CAUSEWAY_PROFILES_DIR: options.profilesDir,
    CAUSEWAY_PROFILES: options.profiles.join(','),
    ...options.further,
  };
}

import type { CrossCheck } from '@causeway/config';
import type { SharedSettings } from './service.js';

/** Settings that are right by themselves and wrong together. */
export interface SettingRule {
  readonly broken: (settings: SharedSettings) => boolean;
  /** What is wrong, and what to do about it. Quotes no value: it may hold a password. */
  readonly help: string;
}

/** What the rules look at in an engine's address. */
function address(url: string): { loopback: boolean; query: URLSearchParams } {
  const { hostname, searchParams } = URL.parse(url) ?? new URL('none:');
  return { loopback: hostname === '' || isLoopback(hostname), query: searchParams };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Speaks to another machine in clear text. An address without a host is that of a socket on this one. */
function exposes(url: string, encrypted: boolean): boolean {
  return !address(url).loopback && !encrypted;
}

/** Hosts of `kafka://host:port,host:port`. */
const brokersOf = (url: string) =>
  url
    .replace(/^[^/]*\/\//, '')
    .split(',')
    .map((broker) => broker.replace(/:\d+$/, ''));

/** Where a service reaches others; not every service has each of these settings. */
const neighbourAddresses = (settings: SharedSettings & Neighbours): readonly string[] =>
  [settings.ACCOUNTS_URL, settings.KEYS_URL, settings.SESSION_URL].filter((url) => url !== undefined);

interface Neighbours {
  readonly ACCOUNTS_URL?: string;
  readonly KEYS_URL?: string;
  readonly SESSION_URL?: string;
}

const clearTextAllowed = ({ CLEAR_TEXT, DEVELOPMENT }: SharedSettings) => CLEAR_TEXT || DEVELOPMENT;
const databaseEncrypted = (url: string) =>
  ['require', 'verify-ca', 'verify-full'].includes(address(url).query.get('sslmode') ?? '');

/** Every rule over several sections; each has a test. Rules within one section stand in the section. */
export const settingRules: readonly SettingRule[] = [
  {
    broken: ({ PROXY_PROTOCOL, TRUSTED_PROXIES }) => PROXY_PROTOCOL && TRUSTED_PROXIES.length === 0,
    help: 'CAUSEWAY_PROXY_PROTOCOL=true has no effect without CAUSEWAY_TRUSTED_PROXIES: name the proxies whose header is believed',
  },
  {
    broken: ({ COORDINATION_URL, EVENTS_URL }) =>
      COORDINATION_URL.startsWith('memory:') && EVENTS_URL.startsWith('kafka'),
    help: 'CAUSEWAY_COORDINATION_URL=memory: is seen by one process only, and CAUSEWAY_EVENTS_URL names a broker that several share: name a Redis',
  },
  {
    broken: ({ COORDINATION_URL, NODE_ENV }) =>
      COORDINATION_URL.startsWith('memory:') && NODE_ENV === 'production',
    help: 'CAUSEWAY_COORDINATION_URL=memory: is seen by one process only, and with NODE_ENV=production each service is one of its own: name a Redis',
  },
  {
    broken: (settings) =>
      !isLoopback(settings.HTTP_HOST) &&
      settings.TLS_CERTIFICATE === undefined &&
      !clearTextAllowed(settings),
    help: 'CAUSEWAY_HTTP_HOST is reached from other machines in clear text: give CAUSEWAY_TLS_CERTIFICATE and CAUSEWAY_TLS_PRIVATE_KEY, or say CAUSEWAY_CLEAR_TEXT=true where a proxy or the network encrypts',
  },
  {
    broken: (settings) =>
      exposes(settings.COORDINATION_URL, !/^redis(\+cluster)?:/.test(settings.COORDINATION_URL)) &&
      !clearTextAllowed(settings),
    help: 'CAUSEWAY_COORDINATION_URL sends presence and the proof of the password in clear text: use rediss://, or say CAUSEWAY_CLEAR_TEXT=true where the network encrypts',
  },
  {
    broken: (settings) =>
      exposes(settings.DATABASE_URL, databaseEncrypted(settings.DATABASE_URL)) && !clearTextAllowed(settings),
    help: 'CAUSEWAY_DATABASE_URL sends its statements in clear text: add sslmode=verify-full, or say CAUSEWAY_CLEAR_TEXT=true where the network encrypts',
  },
  {
    broken: (settings) =>
      settings.EVENTS_URL.startsWith('kafka://') &&
      !brokersOf(settings.EVENTS_URL).every(isLoopback) &&
      !clearTextAllowed(settings),
    help: 'CAUSEWAY_EVENTS_URL sends events and the proof of the password in clear text: use kafka+ssl://, or say CAUSEWAY_CLEAR_TEXT=true where the network encrypts',
  },
  {
    broken: ({ DATABASE_CA, DATABASE_URL }) => DATABASE_CA !== undefined && !databaseEncrypted(DATABASE_URL),
    help: 'CAUSEWAY_DATABASE_CA is not used without sslmode=verify-full in CAUSEWAY_DATABASE_URL',
  },
  {
    broken: ({ COORDINATION_CA, COORDINATION_URL }) =>
      COORDINATION_CA !== undefined && !COORDINATION_URL.startsWith('rediss'),
    help: 'CAUSEWAY_COORDINATION_CA is not used without rediss:// in CAUSEWAY_COORDINATION_URL',
  },
  {
    broken: ({ COORDINATION_CERTIFICATE, COORDINATION_URL }) =>
      COORDINATION_CERTIFICATE !== undefined && !COORDINATION_URL.startsWith('rediss'),
    help: 'CAUSEWAY_COORDINATION_CERTIFICATE is not shown without rediss:// in CAUSEWAY_COORDINATION_URL',
  },
  {
    broken: ({ OIDC_CA, OIDC_JWKS_URL }) => OIDC_CA !== undefined && !OIDC_JWKS_URL.startsWith('https:'),
    help: 'CAUSEWAY_OIDC_CA is not used without https:// in CAUSEWAY_OIDC_JWKS_URL',
  },
  {
    broken: (settings) =>
      neighbourAddresses(settings).some((url) => url.startsWith('http:') && !address(url).loopback) &&
      !clearTextAllowed(settings),
    help: 'the address of another service sends our token in clear text: use https:// in CAUSEWAY_ACCOUNTS_URL, CAUSEWAY_KEYS_URL and CAUSEWAY_SESSION_URL, or say CAUSEWAY_CLEAR_TEXT=true where the network encrypts',
  },
  {
    broken: (settings) =>
      settings.MUTUAL_TLS && neighbourAddresses(settings).some((url) => url.startsWith('http:')),
    help: 'CAUSEWAY_MUTUAL_TLS=true needs https:// in the addresses of other services: over http:// no certificate is shown',
  },
  {
    broken: ({ OIDC_JWKS_URL, DEVELOPMENT }) => OIDC_JWKS_URL.startsWith('http:') && !DEVELOPMENT,
    help: 'CAUSEWAY_OIDC_JWKS_URL must be https://: whoever changes the keys on the way is everybody; only CAUSEWAY_DEVELOPMENT=true allows http://',
  },
];

/** The rules in the form in which settings are read, whatever a service adds to the shared ones. */
export const ruleChecks: readonly CrossCheck<unknown>[] = settingRules.map(
  ({ broken, help }) =>
    (settings) =>
      broken(settings as SharedSettings) ? help : undefined,
);

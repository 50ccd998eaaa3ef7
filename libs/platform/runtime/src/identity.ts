import { createSecureContext } from 'node:tls';
import { serviceIdentitySection, tlsSection, type ServiceKeySet } from '@causeway/config';
import type { CallerCredentials, CallerTls, ListenerTls } from '@causeway/http';
import type { Live } from '@causeway/lifecycle';
import type { LiveSettings } from './live-settings.js';

/** Who this service is, and whom it believes; replaced when keys and certificates are rotated. */
export interface ServiceIdentity {
  /** With what it proves to other services who it is. */
  readonly credentials: () => CallerCredentials;
  /** The public keys of all services. */
  readonly keys: () => PublicKeys;
  /** With what its listener speaks TLS. */
  readonly listener?: Live<ListenerTls>;
  /** Whether it wants client certificates on internal routes. */
  readonly mutualTls: boolean;
}

interface PublicKeys {
  readonly keys: { kty: string; crv: string; x: string; kid: string }[];
}

type Tls = Readonly<{ caller?: CallerTls; listener?: ListenerTls; mutual: boolean }>;

/** Reads keys and certificates, and reads them again when their files change. @throws ConfigError */
export function openIdentity(live: LiveSettings): ServiceIdentity {
  const keys = live.open(serviceIdentitySection, ({ SERVICE_PRIVATE_KEY: own, SERVICE_KEYS: all }) => {
    const { kty, crv, x, d, kid } = own;
    return {
      privateJwk: { kty, crv, x, d, kid },
      all: publicKeys(all),
    };
  });
  const tls = live.open(tlsSection, (values): Tls => {
    const {
      TLS_CERTIFICATE: certificate,
      TLS_PRIVATE_KEY: privateKey,
      TLS_CA: ca,
      MUTUAL_TLS: mutual,
    } = values;
    const own =
      certificate !== undefined && privateKey !== undefined ? { certificate, privateKey } : undefined;
    // Refused here what OpenSSL would not take later, such as a key that is too short: then the last good pair stays.
    createSecureContext({ cert: certificate, key: privateKey, ca });
    return {
      mutual,
      ...((own ?? ca) !== undefined && { caller: { ...own, ...(ca !== undefined && { ca }) } }),
      ...(own && { listener: { ...own, ...(mutual && ca !== undefined && { clientCa: ca }) } }),
    };
  });
  const listener = listenerOf(tls);
  return {
    credentials: () => ({
      privateJwk: keys.current.privateJwk,
      ...(tls.current.caller && { tls: tls.current.caller }),
    }),
    keys: () => keys.current.all,
    mutualTls: tls.current.mutual,
    ...(listener && { listener }),
  };
}

function publicKeys({ keys }: ServiceKeySet): PublicKeys {
  return { keys: keys.map(({ kty, crv, x, kid }) => ({ kty, crv, x, kid })) };
}

/** A listener that began with TLS keeps it: without certificates its settings would be refused. */
function listenerOf(tls: Live<Tls>): Live<ListenerTls> | undefined {
  const { listener: first } = tls.current;
  if (first === undefined) return undefined;
  return {
    get current() {
      return tls.current.listener ?? first;
    },
    onChange: (listener) => tls.onChange(listener),
  };
}

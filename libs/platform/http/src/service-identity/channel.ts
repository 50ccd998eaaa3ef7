import { X509Certificate } from 'node:crypto';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { JWK } from 'jose';
import { Agent } from 'undici';
import { thumbprintOf } from '../tls/client-certificate.js';
import { issueServiceToken } from './service-token.js';

/** With what a service shows who it is. A change is a new object. */
export interface CallerCredentials {
  /** Ed25519 JWK with `d` and `kid`. */
  readonly privateJwk: JWK;
  readonly tls?: CallerTls;
}

/** TLS towards other services, in PEM. */
export interface CallerTls {
  /** Authorities of their certificates; those of the system by default. */
  readonly ca?: string;
  /** What we show of ourselves. */
  readonly certificate?: string;
  readonly privateKey?: string;
}

interface ChannelOptions {
  readonly service: string;
  readonly audience: string;
  readonly clock: Clock;
}

/**
 * Connections and tokens of one set of credentials. They change together, because a token is bound to the certificate
 * that its connection shows.
 */
export class Channel {
  readonly agent: Agent;
  readonly #thumbprint: string | undefined;

  constructor(
    readonly credentials: CallerCredentials,
    private readonly options: ChannelOptions,
  ) {
    const { ca, certificate, privateKey } = credentials.tls ?? {};
    this.#thumbprint =
      certificate === undefined ? undefined : thumbprintOf(new X509Certificate(certificate).raw);
    this.agent = new Agent({
      connections: limits.egressConnectionsPerHost.value,
      allowH2: false,
      connect: {
        ...(ca !== undefined && { ca }),
        ...(certificate !== undefined && { cert: certificate }),
        ...(privateKey !== undefined && { key: privateKey }),
      },
    });
  }

  /** A token for one call: some routes take each only once. */
  token(): Promise<string> {
    const { service, audience, clock } = this.options;
    return issueServiceToken({
      privateJwk: this.credentials.privateJwk,
      service,
      audience,
      clock,
      ...(this.#thumbprint !== undefined && { certificateThumbprint: this.#thumbprint }),
    });
  }
}

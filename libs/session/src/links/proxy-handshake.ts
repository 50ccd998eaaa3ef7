import { encodeProxyHeader, type Preamble } from '@causeway/http';
import type { GatekeeperProfile } from '@causeway/profiles';

/** How one connection that is made on behalf of a user tells the gatekeeper where she connects from. */
export interface ProxyHandshake {
  /** Headers of the upgrade request. */
  readonly headers: Readonly<Record<string, string>>;
  /** What is sent before TLS. */
  readonly preamble: Preamble | undefined;
}

/**
 * What the gatekeeper is told of the client's address (Reference Offer 7.6: the proxy passes it on; how is told under the
 * agreement only, so the profile says it).
 * @param clientAddress undefined when it is not known: then nothing is claimed
 */
export function proxyHandshakeOf(
  { proxyHandshake }: Pick<GatekeeperProfile, 'proxyHandshake'>,
  clientAddress: string | undefined,
): ProxyHandshake {
  switch (proxyHandshake.clientAddress) {
    case 'header':
      return {
        headers: clientAddress === undefined ? {} : { [proxyHandshake.header]: clientAddress },
        preamble: undefined,
      };
    case 'proxy-protocol':
      return {
        headers: {},
        preamble: ({ remoteAddress = '', remotePort = 0 }) =>
          encodeProxyHeader(clientAddress, { address: remoteAddress, port: remotePort }),
      };
    case 'none':
      return { headers: {}, preamble: undefined };
  }
}

import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { createSecureContext } from 'node:tls';
import { limits } from '@causeway/limits';
import { buildConnector } from 'undici';
import { EgressError } from './egress.errors.js';
import type { LeanConnectorOptions } from './lean-connector.js';
import { isPublicAddress } from './public-address.js';

/** Resolves a name to all its addresses. */
export type ResolveAll = (
  hostname: string,
  done: (err: Error | null, addresses: readonly LookupAddress[]) => void,
) => void;

const resolveBySystem: ResolveAll = (hostname, done) =>
  systemLookup(hostname, { all: true, verbatim: true }, done);

/**
 * A connector that looks at the address of each connection it makes, so that a name which changes its address between a
 * check and the connection gains nothing.
 *
 * @param connectorOf makes the connector below it; undici's by default
 */
export function guardedConnector(
  allowPrivateAddresses: boolean,
  resolve = resolveBySystem,
  ca: () => string | undefined = () => undefined,
  connectorOf: (options: LeanConnectorOptions) => buildConnector.connector = requestConnector,
): buildConnector.connector {
  const allowed = (address: string): boolean => allowPrivateAddresses || isPublicAddress(address);
  const build = (authorities: string | undefined) => ({
    authorities,
    connect: connectorOf({
      timeout: limits.egressConnectMs.value,
      lookup: guardedLookup(resolve, allowed),
      // One for all connections: made anew for each, as Node does by default, it would cost some 40 KiB of memory.
      secureContext: createSecureContext(authorities === undefined ? {} : { ca: authorities }),
    }),
  });
  let present = build(ca());
  return (options, callback) => {
    const hostname = options.hostname.replace(/^\[|\]$/g, '');
    // Literal addresses are connected to without a lookup.
    if (isIP(hostname) !== 0 && !allowed(hostname)) return callback(refused(), null);
    const authorities = ca();
    // A connector remembers TLS sessions, which must not outlive the authorities that vouched for them.
    if (authorities !== present.authorities) present = build(authorities);
    present.connect(options, callback);
  };
}

/** Of undici, for requests and their answers. */
function requestConnector(options: LeanConnectorOptions): buildConnector.connector {
  return buildConnector({ ...options, allowH2: false });
}

function guardedLookup(resolve: ResolveAll, allowed: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, (err, addresses) => {
      if (err) return callback(err, '', 0);
      // One forbidden address among good ones is an attempt, not an accident.
      const [first] = addresses;
      if (first === undefined || !addresses.every(({ address }) => allowed(address)))
        return callback(refused(), '', 0);
      if (options.all) return callback(null, [...addresses]);
      callback(null, first.address, first.family);
    });
  };
}

function refused(): EgressError {
  return new EgressError('egress_address_refused', 'the host has an address that must not be called');
}

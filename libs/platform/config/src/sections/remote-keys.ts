import { pairProblem } from './tls.js';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** How we are known to a service that has keys of ours. */
export interface RemoteKeyAccess {
  readonly url: string | undefined;
  readonly bearer: string | undefined;
  readonly certificate: string | undefined;
  readonly privateKey: string | undefined;
}

/**
 * Holds the settings of a service that has keys of ours against each other: it must know who asks, and nobody may
 * listen on the way.
 * @param prefix of the settings' variables: `{prefix}_URL`, `_BEARER`, `_CERTIFICATE`, `_PRIVATE_KEY`
 * @param why who asks must be known, and what somebody who listens could do
 * @returns a sentence when they do not fit
 */
export function remoteKeysProblem(
  prefix: string,
  { url, bearer, certificate, privateKey }: RemoteKeyAccess,
  why: { readonly anybody: string; readonly listener: string },
): string | undefined {
  const problem = pairProblem([`${prefix}_CERTIFICATE`, `${prefix}_PRIVATE_KEY`], certificate, privateKey);
  if (problem !== undefined) return problem;
  const known = (bearer ?? certificate) !== undefined;
  if (url === undefined) {
    return known
      ? `${prefix}_BEARER and ${prefix}_CERTIFICATE are not used without ${prefix}_URL`
      : undefined;
  }
  if (!known) return `${prefix}_URL needs ${prefix}_BEARER or ${prefix}_CERTIFICATE: ${why.anybody}`;
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:' || LOOPBACK.test(hostname)) return undefined;
  return `${prefix}_URL must be https:// beyond this machine: ${why.listener}`;
}

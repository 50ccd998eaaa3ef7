import { child, children, stanza, textOf, type Stanza } from '@causeway/xml';
import type { UpstreamErrorCode } from '../../upstream-advice.js';
import { UpstreamError } from '../../upstream-error.js';
import { ns } from '../namespaces.js';
import type { ScramMechanism } from '../rfc6120-profile.js';

function feature(features: Stanza, tag: string, xmlns: string): Stanza | undefined {
  return children(features, tag).find(({ attrs }) => attrs['xmlns'] === xmlns);
}

/** True when the server offers to encrypt the stream. */
export function offersTls(features: Stanza): boolean {
  return feature(features, 'starttls', ns.tls) !== undefined;
}

/**
 * The features from which @xmpp chooses how to log in: the mechanisms that the profile allows, and nothing else, so that
 * neither a weaker mechanism nor another way to log in (SASL 2, FAST) nor compression can be slipped in.
 *
 * @throws UpstreamError `mechanism_refused` when none is left
 */
export function loginFeatures(features: Stanza, allowed: readonly ScramMechanism[]): Stanza {
  const offered = children(feature(features, 'mechanisms', ns.sasl) ?? stanza('none'), 'mechanism').map(
    textOf,
  );
  const common = allowed.filter((mechanism) => offered.includes(mechanism));
  if (common.length === 0) throw new UpstreamError('mechanism_refused');
  const mechanisms = common.map((mechanism) => stanza('mechanism', {}, mechanism));
  return stanza(features.tag, features.attrs, [stanza('mechanisms', { xmlns: ns.sasl }, mechanisms)]);
}

/**
 * The features of a stream that is logged in, for @xmpp to bind a resource.
 *
 * @throws UpstreamError `feature_missing` without resource binding or stream management: without the latter nobody could
 * say which stanzas were taken
 */
export function sessionFeatures(features: Stanza): Stanza {
  const bind = feature(features, 'bind', ns.bind);
  if (bind === undefined || feature(features, 'sm', ns.management) === undefined) {
    throw new UpstreamError('feature_missing');
  }
  return stanza(features.tag, features.attrs, [stanza('bind', { xmlns: ns.bind })]);
}

/** The name of the first child of a stanza or failure, by which conditions are told. */
export function conditionOf(failure: Stanza): string | undefined {
  return children(failure).find(({ tag }) => tag !== 'text')?.tag;
}

/** Why the server ends the stream (RFC 6120, 4.9.3). An address that it points to is not looked at. */
export function streamFailureOf(error: Stanza): UpstreamError {
  switch (conditionOf(error)) {
    case 'conflict':
      return new UpstreamError('replaced');
    case 'not-authorized':
      return new UpstreamError('device_removed');
    case 'resource-constraint':
    case 'internal-server-error':
    case 'remote-connection-failed':
      return new UpstreamError('server_unavailable');
    case 'policy-violation':
      return new UpstreamError('rate_limited');
    case 'reset':
      return new UpstreamError('stream_restart');
    case 'system-shutdown':
      return new UpstreamError('server_unavailable');
    default:
      return new UpstreamError('stream_error');
  }
}

/** Why the login was refused (RFC 6120, 6.5). */
export function saslFailureOf(failure: Stanza): UpstreamError {
  switch (conditionOf(failure)) {
    case 'credentials-expired':
      return new UpstreamError('token_expired');
    case 'account-disabled':
      return new UpstreamError('account_restricted');
    case 'temporary-auth-failure':
      return new UpstreamError('server_unavailable');
    case 'invalid-mechanism':
    case 'mechanism-too-weak':
    case 'encryption-required':
      return new UpstreamError('mechanism_refused');
    default:
      return new UpstreamError('login_refused');
  }
}

/** @returns why no resource was bound, by the condition that @xmpp's error names (RFC 6120, 7.6.2 and 8.3.3) */
export function bindingFailureOf(error: unknown): UpstreamErrorCode {
  switch (error instanceof Error && 'condition' in error ? error.condition : undefined) {
    case 'resource-constraint':
    case 'internal-server-error':
      return 'server_unavailable';
    case 'policy-violation':
      return 'rate_limited';
    default:
      return 'login_refused';
  }
}

/** True for a stanza of a namespace, by its own attribute. */
export function isOf(element: Stanza | undefined, tag: string, xmlns: string): boolean {
  return element?.tag === tag && element.attrs['xmlns'] === xmlns;
}

/** The first child of a tag and a namespace. */
export function childOf(parent: Stanza, tag: string, xmlns: string): Stanza | undefined {
  return (
    children(parent, tag).find(({ attrs }) => attrs['xmlns'] === xmlns) ?? firstAlone(parent, tag, xmlns)
  );
}

/** A child may inherit the namespace only from a parent of the same. */
function firstAlone(parent: Stanza, tag: string, xmlns: string): Stanza | undefined {
  return parent.attrs['xmlns'] === xmlns ? child(parent, tag) : undefined;
}

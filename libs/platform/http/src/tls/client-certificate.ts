import { createHash } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { Socket } from 'node:net';

/** What a client showed of itself on its connection. */
export type ClientCertificate =
  | { readonly state: 'absent' }
  /** No authority of ours vouches for it, or its time is over; `reason` is the name that OpenSSL gives it. */
  | { readonly state: 'refused'; readonly reason: string }
  | { readonly state: 'accepted'; readonly thumbprint: string };

/** The certificate of the other side of a connection, as it was verified when the connection was made. */
export function clientCertificate(socket: Socket): ClientCertificate {
  if (!(socket instanceof TLSSocket)) return { state: 'absent' };
  const { raw, valid_to: end } = socket.getPeerCertificate();
  // Without a certificate an empty object comes back.
  if (!(raw instanceof Uint8Array)) return { state: 'absent' };
  if (!socket.authorized) return { state: 'refused', reason: String(socket.authorizationError) };
  // A connection may outlive the certificate with which it was made.
  if (Date.parse(end) <= Date.now()) return { state: 'refused', reason: 'CERT_HAS_EXPIRED' };
  return { state: 'accepted', thumbprint: thumbprintOf(raw) };
}

/** The name of a certificate in a token that is bound to it: `x5t#S256` of RFC 8705, section 3.1. */
export function thumbprintOf(certificate: Uint8Array): string {
  return createHash('sha256').update(certificate).digest('base64url');
}

import { Server as TlsServer } from 'node:tls';
import type { Live } from '@causeway/lifecycle';

/** With what a listener speaks TLS, in PEM. */
export interface ListenerTls {
  readonly certificate: string;
  readonly privateKey: string;
  /** Authorities of client certificates; with them every client is asked for one. */
  readonly clientCa?: string;
}

/**
 * A client without a certificate, or with one that nobody vouches for, is let in all the same: devices, probes and the
 * gatekeeper have none. Routes that want one look for it (`clientCertificate`).
 */
export function listenerOptions({ certificate, privateKey, clientCa }: ListenerTls) {
  return {
    cert: certificate,
    key: privateKey,
    minVersion: 'TLSv1.2' as const,
    ...(clientCa !== undefined && { ca: clientCa, requestCert: true, rejectUnauthorized: false }),
  };
}

/** Gives new connections the present certificate and authorities; those that are open keep theirs. */
export function followChanges(server: unknown, tls: Live<ListenerTls>): void {
  if (!(server instanceof TlsServer)) throw new TypeError('the listener does not speak TLS');
  tls.onChange(() => server.setSecureContext(listenerOptions(tls.current)));
}

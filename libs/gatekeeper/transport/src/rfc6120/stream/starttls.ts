import type { Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { serializeXml, stanza, XmlError, XmlStreamParser, type Stanza } from '@causeway/xml';
import { UpstreamError, upstreamError } from '../../upstream-error.js';
import { secureContextOf } from '../../wire/secure-context.js';
import { ns } from '../namespaces.js';
import type { Rfc6120Profile } from '../rfc6120-profile.js';
import { isOf, offersTls } from './features.js';
import { streamHeader } from './header.js';

/** A header and a list of features take less than 4 KiB; no more is read before the server is known. */
export const maxClearBytes = 16_384;

/**
 * Turns a fresh TCP connection into one that is encrypted and whose server is the profile's (RFC 6120, 5). There is no
 * way around it: what a server says in clear text is used for nothing but to begin TLS.
 *
 * @throws UpstreamError `tls_required` when the server does not encrypt, `server_not_authentic` for its certificate,
 * `handshake_failed`, `wire_broken` (also when clear text follows the server's `<proceed/>`), `connection_lost`
 */
export async function upgradeToTls(socket: Socket, profile: Rfc6120Profile): Promise<TLSSocket> {
  await negotiate(socket, profile.domain);
  return encrypt(socket, profile);
}

async function negotiate(socket: Socket, domain: string): Promise<void> {
  const proceed = Promise.withResolvers<void>();
  const { maxDepth, maxElements, maxAttributes } = clearBounds;
  let received = 0;
  let proceeding = false;
  const parser = new XmlStreamParser(
    { maxLength: maxClearBytes, maxDepth, maxElements, maxAttributes },
    {
      onStart: () => undefined,
      onStanza: (element) => {
        // Whatever stands behind `<proceed/>` came unprotected, and would be taken for what the real server said.
        if (proceeding) throw new UpstreamError('wire_broken');
        proceeding = onClearElement(socket, element);
      },
      onEnd: () => proceed.reject(new UpstreamError('tls_required')),
    },
  );
  const onData = (bytes: Buffer): void => {
    received += bytes.length;
    try {
      if (received > maxClearBytes || proceeding) throw new UpstreamError('wire_broken');
      parser.push(bytes);
      // White space that follows is not parsed as an element, but it is no part of a TLS handshake either.
      if (proceeding && bytes.at(-1) !== endOfTag) throw new UpstreamError('wire_broken');
    } catch (error) {
      proceed.reject(error instanceof XmlError ? broken(error) : error);
    }
    if (proceeding) proceed.resolve();
  };
  const onLost = (cause?: unknown): void =>
    proceed.reject(new UpstreamError('connection_lost', undefined, cause instanceof Error ? { cause } : {}));
  socket.on('data', onData).once('close', onLost).once('error', onLost);
  try {
    socket.write(streamHeader(domain));
    await proceed.promise;
  } finally {
    socket.off('data', onData).off('close', onLost).off('error', onLost);
  }
}

const clearBounds = { maxDepth: 8, maxElements: 256, maxAttributes: 16 };
const endOfTag = '>'.charCodeAt(0);

/** @returns whether TLS begins now. @throws UpstreamError `tls_required`, `connect_failed` */
function onClearElement(socket: Socket, element: Stanza): boolean {
  if (isOf(element, 'proceed', ns.tls)) return true;
  // Anybody on the way could say so: it is no reason to give up for good.
  if (element.tag === 'stream:error') throw new UpstreamError('connect_failed');
  if (element.tag !== 'stream:features' || !offersTls(element)) throw new UpstreamError('tls_required');
  socket.write(serializeXml(stanza('starttls', { xmlns: ns.tls })));
  return false;
}

function broken(cause: XmlError): UpstreamError {
  return new UpstreamError('wire_broken', undefined, { cause });
}

async function encrypt(socket: Socket, { domain, ca }: Rfc6120Profile): Promise<TLSSocket> {
  const secured = Promise.withResolvers<TLSSocket>();
  const encrypted = connectTls({
    socket,
    // The name that the certificate must have is the XMPP domain, not the address that was dialled (RFC 6120, 13.7.2).
    servername: domain,
    rejectUnauthorized: true,
    secureContext: secureContextOf(ca),
  });
  const onError = (error: unknown): void => secured.reject(tlsError(error));
  const onClose = (): void => secured.reject(new UpstreamError('connection_lost'));
  encrypted.once('error', onError).once('close', onClose);
  encrypted.once('secureConnect', () => secured.resolve(encrypted));
  try {
    return await secured.promise;
  } catch (error) {
    encrypted.on('error', () => undefined).destroy();
    throw error;
  } finally {
    encrypted.off('error', onError).off('close', onClose);
  }
}

/** OpenSSL names what it holds against a certificate in upper case; the name's mismatch is Node's own. */
const certificateCodes =
  /^(ERR_TLS_CERT_ALTNAME_INVALID|CERT_.*|.*_CERT|.*_CERT_.*|.*_SIGNATURE|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH)$/;

function tlsError(error: unknown): UpstreamError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (certificateCodes.test(code))
    return new UpstreamError('server_not_authentic', undefined, { cause: error });
  return upstreamError(error, 'handshake_failed');
}

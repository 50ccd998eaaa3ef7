import { type CertChain, ContentError, decodeCertChain, decodeCertificateDetails } from '@causeway/content';
import { type Certificate, NoiseError, verifyCertificateChain } from '@causeway/noise';
import { UpstreamError } from '../upstream-error.js';

type EncodedCertificate = CertChain['leaf'];

function decoded(certificate: EncodedCertificate): Certificate {
  const details = certificate?.details ?? new Uint8Array();
  const fields = decodeCertificateDetails(details);
  return {
    details,
    signature: certificate?.signature ?? new Uint8Array(),
    serial: fields.serial ?? 0,
    issuerSerial: fields.issuerSerial ?? 0,
    key: fields.key ?? new Uint8Array(),
    notBefore: fields.notBefore ?? 0n,
    notAfter: fields.notAfter ?? 0n,
  };
}

/**
 * Check that the payload of the server's hello is a certificate chain for the static key of this handshake.
 *
 * @param now milliseconds since 1970
 * @throws UpstreamError `server_not_authentic`
 */
export function verifyServer(
  payload: Uint8Array,
  expectedStatic: Uint8Array,
  rootPublicKey: Uint8Array,
  now: number,
): void {
  try {
    const { leaf, intermediate } = decodeCertChain(payload);
    const chain = { leaf: decoded(leaf), intermediate: decoded(intermediate) };
    verifyCertificateChain({ chain, rootPublicKey, now: now / 1000, expectedStatic });
  } catch (error) {
    if (error instanceof NoiseError || error instanceof ContentError) {
      throw new UpstreamError('server_not_authentic', undefined, { cause: error });
    }
    throw error;
  }
}

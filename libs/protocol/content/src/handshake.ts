import type { MessageInitShape } from '@bufbuild/protobuf';
import { decodeBounded, encodeBounded } from './codec.js';
import type {
  CertChain,
  CertificateDetails,
  HandshakeMessage,
} from './generated/causeway/content/v1/handshake_pb.js';
import {
  CertChainSchema,
  CertificateDetailsSchema,
  HandshakeMessageSchema,
} from './generated/causeway/content/v1/handshake_pb.js';

/** Plain values of a handshake message: `{ clientHello: { ephemeral } }` and so on. */
export type HandshakeMessageInit = MessageInitShape<typeof HandshakeMessageSchema>;
/** Plain values of a certificate chain. */
export type CertChainInit = MessageInitShape<typeof CertChainSchema>;
/** Plain values of what a certificate's signature covers; times are seconds since 1970. */
export type CertificateDetailsInit = MessageInitShape<typeof CertificateDetailsSchema>;

/** Encodes one message of the Noise handshake. @throws ContentError */
export function encodeHandshake(message: HandshakeMessageInit): Uint8Array {
  return encodeBounded(HandshakeMessageSchema, message);
}

/** Decodes one message of the Noise handshake. @throws ContentError */
export function decodeHandshake(bytes: Uint8Array): HandshakeMessage {
  return decodeBounded(HandshakeMessageSchema, bytes);
}

/** Encodes the server's certificate chain (the payload of its hello). @throws ContentError */
export function encodeCertChain(chain: CertChainInit): Uint8Array {
  return encodeBounded(CertChainSchema, chain);
}

/** Decodes the server's certificate chain; verifying it is the caller's work. @throws ContentError */
export function decodeCertChain(bytes: Uint8Array): CertChain {
  return decodeBounded(CertChainSchema, bytes);
}

/** Encodes the part of a certificate that its signature covers. @throws ContentError */
export function encodeCertificateDetails(details: CertificateDetailsInit): Uint8Array {
  return encodeBounded(CertificateDetailsSchema, details);
}

/** Decodes the part of a certificate that its signature covers. @throws ContentError */
export function decodeCertificateDetails(bytes: Uint8Array): CertificateDetails {
  return decodeBounded(CertificateDetailsSchema, bytes);
}

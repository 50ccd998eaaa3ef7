export {
  type Certificate,
  type CertificateChainCheck,
  verifyCertificateChain,
} from './certificate/certificate-chain.js';
export { verifyXeddsa } from './certificate/xeddsa.js';
export { CipherState, lastNonce } from './cipher-state.js';
export { edgeRoutingIntro, maxEdgeRoutingBytes } from './frame/edge-routing.js';
export { FrameReader, maxFrameBytes, writeFrame } from './frame/frame.js';
export type { HandshakeOptions, NoisePattern, ReceivedMessage, TranscriptRule } from './handshake.js';
export { NoiseInitiator } from './initiator.js';
export { joinParts, type MessageParts, splitParts } from './message-parts.js';
export { NoiseError, type NoiseErrorCode } from './noise-error.js';
export { NoiseResponder } from './responder.js';
export { generateStaticKey, type NoiseStaticKey, staticKeyFrom } from './static-key.js';
export { NoiseTransport } from './transport.js';

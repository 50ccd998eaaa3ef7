export { maxContentBytes, maxContentDepth } from './codec.js';
export { ContentError } from './errors.js';
export type { ContentErrorCode } from './errors.js';
export {
  decodeCertChain,
  decodeCertificateDetails,
  decodeHandshake,
  encodeCertChain,
  encodeCertificateDetails,
  encodeHandshake,
} from './handshake.js';
export type { CertChainInit, CertificateDetailsInit, HandshakeMessageInit } from './handshake.js';
export type {
  CertChain,
  CertificateDetails,
  HandshakeMessage,
} from './generated/causeway/content/v1/handshake_pb.js';
export { decodeClientPayload, encodeClientPayload } from './login.js';
export type { ClientPayloadInit } from './login.js';
export { ConnectReason, Product } from './generated/causeway/content/v1/login_pb.js';
export type { ClientPayload } from './generated/causeway/content/v1/login_pb.js';
export {
  documentMessage,
  imageMessage,
  reactionMessage,
  replyMessage,
  textMessage,
  videoMessage,
  voiceMessage,
} from './message/build.js';
export type { Content, ContentKind, Quoted } from './message/content.js';
export type { MediaReference } from './message/media-reference.js';
export { decodeMessage, encodeMessage } from './message/message.js';
export type { MessageInit } from './message/message.js';
export type { Message } from './generated/causeway/content/v1/message_pb.js';
export { readMessage } from './message/read.js';
export { padMessage, unpadMessage } from './padding.js';

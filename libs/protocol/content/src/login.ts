import type { MessageInitShape } from '@bufbuild/protobuf';
import { decodeBounded, encodeBounded } from './codec.js';
import type { ClientPayload } from './generated/causeway/content/v1/login_pb.js';
import { ClientPayloadSchema } from './generated/causeway/content/v1/login_pb.js';

/** Plain values of the login payload; `interopData.accountId` is the number of the login address. */
export type ClientPayloadInit = MessageInitShape<typeof ClientPayloadSchema>;

/** Encodes the login payload of the last handshake message. @throws ContentError */
export function encodeClientPayload(payload: ClientPayloadInit): Uint8Array {
  return encodeBounded(ClientPayloadSchema, payload);
}

/** Decodes the login payload of the last handshake message. @throws ContentError */
export function decodeClientPayload(bytes: Uint8Array): ClientPayload {
  return decodeBounded(ClientPayloadSchema, bytes);
}

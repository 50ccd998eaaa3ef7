import type { MessageInitShape } from '@bufbuild/protobuf';
import { decodeBounded, encodeBounded } from '../codec.js';
import type { Message } from '../generated/causeway/content/v1/message_pb.js';
import { MessageSchema } from '../generated/causeway/content/v1/message_pb.js';

/** Plain values of a message's content. */
export type MessageInit = MessageInitShape<typeof MessageSchema>;

/** Encodes content, without padding. @throws ContentError */
export function encodeMessage(message: MessageInit): Uint8Array {
  return encodeBounded(MessageSchema, message);
}

/** Decodes content from which the padding was removed; unknown fields are kept. @throws ContentError */
export function decodeMessage(bytes: Uint8Array): Message {
  return decodeBounded(MessageSchema, bytes);
}

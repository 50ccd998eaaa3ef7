import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import { ContentError } from '../phone-errors.js';

/** The fields of `content.proto`; see there. Numbers of 64 bits are read as numbers. */
export interface Content {
  conversation?: string;
  imageMessage?: MediaContent;
  extendedTextMessage?: { text?: string; contextInfo?: ContextInfo };
  documentMessage?: MediaContent;
  audioMessage?: MediaContent;
  videoMessage?: MediaContent;
  reactionMessage?: { key?: MessageKey; text?: string; senderTimestampMs?: number };
}

export interface ContextInfo {
  stanzaId?: string;
  participant?: string;
  quotedMessage?: Content;
}

export interface MessageKey {
  remoteJid?: string;
  fromMe?: boolean;
  id?: string;
}

/** The union of the fields of the four media messages. */
export interface MediaContent {
  url?: string;
  directPath?: string;
  mimetype?: string;
  caption?: string;
  fileName?: string;
  title?: string;
  fileSha256?: Uint8Array;
  fileEncSha256?: Uint8Array;
  fileLength?: number;
  mediaKey?: Uint8Array;
  mediaKeyTimestamp?: number;
  height?: number;
  width?: number;
  seconds?: number;
  ptt?: boolean;
  waveform?: Uint8Array;
  jpegThumbnail?: Uint8Array;
  streamingSidecar?: Uint8Array;
  contextInfo?: ContextInfo;
}

const protoFile = fileURLToPath(new URL('../../../data/content.proto', import.meta.url));
const messageType = protobuf.loadSync(protoFile).lookupType('gatekeeper.content.Message');

export function encodeContent(content: Content): Uint8Array {
  return new Uint8Array(messageType.encode(messageType.fromObject(content)).finish());
}

/** Throws ContentError `content_malformed`; the decoder bounds the depth. */
export function decodeContent(bytes: Uint8Array): Content {
  try {
    return messageType.toObject(messageType.decode(bytes), { longs: Number });
  } catch {
    throw new ContentError('content_malformed');
  }
}

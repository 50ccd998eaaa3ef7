import { ContentError } from '../errors.js';
import type { ContextInfo, Message, ProtocolMessage } from '../generated/causeway/content/v1/message_pb.js';
import { MessageSchema, ProtocolType } from '../generated/causeway/content/v1/message_pb.js';
import type { Content, Quoted } from './content.js';
import { mediaReference } from './media-reference.js';
import { decodeMessage } from './message.js';

/**
 * Reads decrypted, unpadded content into the kind that an application shows. Kinds unknown here come back as
 * `unsupported`, so that the application can say so instead of dropping a message.
 * @throws ContentError when the bytes are no message, hold nothing, or hold an unusable media reference
 */
export function readMessage(bytes: Uint8Array): Content {
  const message = decodeMessage(bytes);
  return readText(message) ?? readMedia(message) ?? readOther(message);
}

function readText({ conversation, extendedTextMessage: extended }: Message): Content | undefined {
  if (conversation !== undefined) return { kind: 'text', text: conversation };
  if (extended === undefined) return undefined;
  const text = extended.text ?? '';
  const { quoted } = quoting(extended.contextInfo);
  return quoted === undefined ? { kind: 'text', text } : { kind: 'reply', text, quoted };
}

function readMedia(message: Message): Content | undefined {
  const {
    imageMessage: image,
    videoMessage: video,
    audioMessage: audio,
    documentMessage: document,
  } = message;
  if (image !== undefined) {
    const extras = defined({ caption: image.caption, width: image.width, height: image.height });
    return { kind: 'image', media: mediaReference(image), ...extras, ...quoting(image.contextInfo) };
  }
  if (video !== undefined) {
    const extras = defined({ caption: video.caption, seconds: video.seconds });
    return { kind: 'video', media: mediaReference(video), ...extras, ...quoting(video.contextInfo) };
  }
  if (audio !== undefined) {
    const extras = defined({ seconds: audio.seconds });
    const body = { media: mediaReference(audio), ...extras, ...quoting(audio.contextInfo) };
    return audio.ptt
      ? { kind: 'voice', ...body, ...defined({ waveform: audio.waveform }) }
      : { kind: 'audio', ...body };
  }
  if (document !== undefined) {
    const extras = defined({ caption: document.caption, fileName: document.fileName });
    return { kind: 'document', media: mediaReference(document), ...extras, ...quoting(document.contextInfo) };
  }
  return undefined;
}

function readOther(message: Message): Content {
  const { reactionMessage: reaction, protocolMessage: protocol } = message;
  if (reaction !== undefined) {
    const targetId = reaction.key?.id;
    if (targetId === undefined) throw new ContentError('content_malformed');
    return {
      kind: 'reaction',
      text: reaction.text ?? '',
      targetId,
      targetFromMe: reaction.key?.fromMe ?? false,
    };
  }
  const fields = presentFields(message);
  if (fields.length === 0) throw new ContentError('content_empty');
  return (protocol && readProtocol(protocol)) ?? { kind: 'unsupported', fields };
}

function readProtocol(protocol: ProtocolMessage): Content | undefined {
  const targetId = protocol.key?.id;
  if (targetId === undefined) return undefined;
  if (protocol.type === ProtocolType.REVOKE) return { kind: 'revoke', targetId };
  if (protocol.type !== ProtocolType.MESSAGE_EDIT || protocol.editedMessage === undefined) return undefined;
  const edited = readText(protocol.editedMessage);
  return edited && 'text' in edited ? { kind: 'edit', targetId, text: edited.text } : undefined;
}

function presentFields(message: Message): number[] {
  const known = MessageSchema.fields.filter(
    (field) => message[field.localName as keyof Message] !== undefined,
  );
  return [...known.map((field) => field.number), ...(message.$unknown ?? []).map((field) => field.no)];
}

function quoting(context: ContextInfo | undefined): { quoted?: Quoted } {
  if (context?.stanzaId === undefined) return {};
  return { quoted: { id: context.stanzaId, ...defined({ sender: context.participant }) } };
}

type Defined<T> = { [K in keyof T]?: NonNullable<T[K]> };

function defined<T extends Record<string, unknown>>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}

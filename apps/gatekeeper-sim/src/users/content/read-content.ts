import { ContentError } from '../phone-errors.js';
import type { MediaKind } from '../media/media-keys.js';
import type { Content, ContextInfo, MediaContent } from './codec.js';

export type ContentKind = 'text' | 'reply' | 'reaction' | MediaKind;

/** What a message says, apart from its file. */
export interface Reading {
  readonly kind: ContentKind;
  readonly text?: string;
  readonly caption?: string;
  /** The message that is replied to, its author, and its text as the replier quotes it. */
  readonly quotedId?: string;
  readonly quotedParticipant?: string;
  readonly quotedText?: string;
  /** The message that is reacted to, and whether the reacting side wrote it. */
  readonly targetId?: string;
  readonly targetFromMe?: boolean;
  /** Empty when the reaction is taken back. */
  readonly emoji?: string;
  readonly mimetype?: string;
  readonly fileName?: string;
  readonly seconds?: number;
  readonly width?: number;
  readonly height?: number;
}

/** The media fields of a message and their kind; an audio message is a voice note only when it says so. */
export function mediaOf(content: Content): { kind: MediaKind; media: MediaContent } | undefined {
  const { imageMessage, audioMessage, videoMessage, documentMessage } = content;
  if (imageMessage !== undefined) return { kind: 'image', media: imageMessage };
  if (audioMessage?.ptt === true) return { kind: 'voice', media: audioMessage };
  if (videoMessage !== undefined) return { kind: 'video', media: videoMessage };
  if (documentMessage !== undefined) return { kind: 'document', media: documentMessage };
  return undefined;
}

/** Throws ContentError `content_unsupported` for a kind that a phone cannot show, and `content_malformed` when its parts are missing. */
export function readContent(content: Content): Reading {
  const { conversation, extendedTextMessage, reactionMessage } = content;
  const media = mediaOf(content);
  if (media !== undefined) return readMedia(media.kind, media.media);
  if (reactionMessage !== undefined) return readReaction(reactionMessage);
  if (extendedTextMessage?.text !== undefined) {
    const quoted = readQuote(extendedTextMessage.contextInfo);
    const kind = quoted.quotedId === undefined ? 'text' : 'reply';
    return { kind, text: extendedTextMessage.text, ...quoted };
  }
  if (conversation !== undefined) return { kind: 'text', text: conversation };
  throw new ContentError('content_unsupported');
}

function readReaction({ key, text }: NonNullable<Content['reactionMessage']>): Reading {
  if (key?.id === undefined || key.id === '') throw new ContentError('content_malformed');
  return { kind: 'reaction', targetId: key.id, targetFromMe: key.fromMe === true, emoji: text ?? '' };
}

function readMedia(kind: MediaKind, media: MediaContent): Reading {
  const { mimetype, caption, fileName, seconds, width, height } = media;
  return {
    kind,
    ...(mimetype !== undefined && { mimetype }),
    ...(caption !== undefined && { caption }),
    ...(fileName !== undefined && { fileName }),
    ...(seconds !== undefined && { seconds }),
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    ...readQuote(media.contextInfo),
  };
}

function readQuote(
  context: ContextInfo | undefined,
): Pick<Reading, 'quotedId' | 'quotedParticipant' | 'quotedText'> {
  if (context?.stanzaId === undefined || context.stanzaId === '') return {};
  const { stanzaId, participant, quotedMessage } = context;
  const text = quotedMessage?.conversation ?? quotedMessage?.extendedTextMessage?.text;
  return {
    quotedId: stanzaId,
    ...(participant !== undefined && { quotedParticipant: participant }),
    ...(text !== undefined && { quotedText: text }),
  };
}

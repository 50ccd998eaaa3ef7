import type { Content, ContextInfo, MediaContent } from './codec.js';
import type { MediaKind } from '../media/media-keys.js';

/** A message in the chat, as far as replies and reactions name it. */
export interface ChatMessage {
  readonly id: string;
  /** JID of who wrote it, and whether that is the phone itself. */
  readonly author: string;
  readonly fromMe: boolean;
  readonly content: Content;
}

export function composeText(text: string): Content {
  return { conversation: text };
}

export function composeReply(text: string, target: ChatMessage): Content {
  const contextInfo: ContextInfo = {
    stanzaId: target.id,
    participant: target.author,
    quotedMessage: withoutQuote(target.content),
  };
  return { extendedTextMessage: { text, contextInfo } };
}

/** `chat` is the JID of the other party; an empty emoji takes the reaction back. */
export function composeReaction(emoji: string, target: ChatMessage, chat: string, now: number): Content {
  const key = { remoteJid: chat, fromMe: target.fromMe, id: target.id };
  return { reactionMessage: { key, text: emoji, senderTimestampMs: now } };
}

export function composeMedia(kind: MediaKind, media: MediaContent): Content {
  switch (kind) {
    case 'image':
      return { imageMessage: media };
    case 'voice':
      return { audioMessage: { ...media, ptt: true } };
    case 'video':
      return { videoMessage: media };
    case 'document':
      return { documentMessage: { title: media.fileName ?? '', ...media } };
  }
}

/** A message as others quote it: without what it quotes itself, else each reply would carry all before it, and without its thumbnail. */
export function withoutQuote(content: Content): Content {
  const { extendedTextMessage, imageMessage, audioMessage, videoMessage, documentMessage } = content;
  if (extendedTextMessage?.text !== undefined) return { conversation: extendedTextMessage.text };
  if (imageMessage !== undefined) return { imageMessage: plain(imageMessage) };
  if (audioMessage !== undefined) return { audioMessage: plain(audioMessage) };
  if (videoMessage !== undefined) return { videoMessage: plain(videoMessage) };
  if (documentMessage !== undefined) return { documentMessage: plain(documentMessage) };
  return content;
}

function plain(media: MediaContent): MediaContent {
  const rest = { ...media };
  delete rest.contextInfo;
  delete rest.jpegThumbnail;
  return rest;
}

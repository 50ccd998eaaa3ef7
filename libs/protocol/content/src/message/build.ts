import { ContentError } from '../errors.js';
import type { Content, Quoted } from './content.js';
import { mediaFields } from './media-reference.js';
import type { MediaReference } from './media-reference.js';
import type { MessageInit } from './message.js';

type Extras<K extends Content['kind']> = Omit<Extract<Content, { kind: K }>, 'kind' | 'media'>;

/** Plain text. @throws ContentError `text_malformed` */
export function textMessage(text: string): MessageInit {
  return { conversation: wellFormed(text) };
}

/**
 * Text that answers another message.
 * @param quotedMessage the answered content, shown as the quote by peers that do not look it up by its id
 * @throws ContentError `text_malformed`
 */
export function replyMessage(text: string, quoted: Quoted, quotedMessage?: MessageInit): MessageInit {
  return { extendedTextMessage: { text: wellFormed(text), ...context(quoted, quotedMessage) } };
}

/**
 * A reaction to a message; an empty text takes it back.
 * @param target the message's stanza id, the chat it stands in, and whether we wrote it
 * @param sentAtMs milliseconds since 1970
 * @throws ContentError `text_malformed`
 */
export function reactionMessage(
  text: string,
  target: { readonly id: string; readonly remoteJid: string; readonly fromMe: boolean },
  sentAtMs: number,
): MessageInit {
  return {
    reactionMessage: {
      key: { id: target.id, remoteJid: target.remoteJid, fromMe: target.fromMe },
      text: wellFormed(text),
      senderTimestampMs: BigInt(Math.trunc(sentAtMs)),
    },
  };
}

/** A picture. @throws ContentError `media_reference_invalid`, `text_malformed` */
export function imageMessage(media: MediaReference, extras: Extras<'image'> = {}): MessageInit {
  const { quoted, caption, ...sizes } = extras;
  return { imageMessage: { ...mediaFields(media), ...sizes, ...captioned(caption), ...context(quoted) } };
}

/** A film. @throws ContentError `media_reference_invalid`, `text_malformed` */
export function videoMessage(media: MediaReference, extras: Extras<'video'> = {}): MessageInit {
  const { quoted, caption, ...length } = extras;
  return { videoMessage: { ...mediaFields(media), ...length, ...captioned(caption), ...context(quoted) } };
}

/** A voice note. @throws ContentError `media_reference_invalid` */
export function voiceMessage(media: MediaReference, extras: Extras<'voice'> = {}): MessageInit {
  const { quoted, ...sound } = extras;
  return { audioMessage: { ...mediaFields(media), ...sound, ptt: true, ...context(quoted) } };
}

/** Any other file. @throws ContentError `media_reference_invalid`, `text_malformed` */
export function documentMessage(media: MediaReference, extras: Extras<'document'> = {}): MessageInit {
  const { quoted, caption, fileName } = extras;
  const name = fileName === undefined ? {} : { fileName: wellFormed(fileName) };
  return { documentMessage: { ...mediaFields(media), ...name, ...captioned(caption), ...context(quoted) } };
}

function context(quoted: Quoted | undefined, quotedMessage?: MessageInit) {
  if (quoted === undefined) return {};
  return {
    contextInfo: {
      stanzaId: quoted.id,
      ...(quoted.sender === undefined ? {} : { participant: quoted.sender }),
      ...(quotedMessage === undefined ? {} : { quotedMessage }),
    },
  };
}

function captioned(caption: string | undefined): { caption?: string } {
  return caption === undefined ? {} : { caption: wellFormed(caption) };
}

/** A lone surrogate would reach the peer as another character than the one written. */
function wellFormed(text: string): string {
  if (!text.isWellFormed()) throw new ContentError('text_malformed');
  return text;
}

import { randomBytes } from 'node:crypto';
import {
  documentMessage,
  imageMessage,
  reactionMessage,
  readMessage,
  replyMessage,
  textMessage,
  videoMessage,
  voiceMessage,
} from '@causeway/content';
import type { MediaReference, MessageInit } from '@causeway/content';
import type { DeviceStore } from '../store/device-store.js';
import { DeviceError } from './errors.js';

/** Kinds of files that the device sends. */
export type FileKind = 'image' | 'voice' | 'video' | 'document';

/** What the application wants sent. */
export interface SendRequest {
  /** The peer's address. */
  readonly to: string;
  readonly kind: 'text' | 'reply' | 'reaction' | FileKind | 'typing' | 'read';
  /** The text, the caption, the reaction (empty takes it back), or `paused` for typing. */
  readonly text?: string;
  /** Path of the file. */
  readonly file?: string;
  readonly mimetype?: string;
  readonly fileName?: string;
  /** The message that a reply, reaction or read receipt is about. */
  readonly id?: string;
}

const mimetypes: Record<FileKind, string> = {
  image: 'image/jpeg',
  voice: 'audio/ogg; codecs=opus',
  video: 'video/mp4',
  document: 'application/octet-stream',
};

/** @returns a new stanza id, of the shape that the gatekeeper's own clients use. */
export function newStanzaId(): string {
  return `3EB0${randomBytes(9).toString('hex').toUpperCase()}`;
}

/** @returns the media type that the request names, or the usual one of its kind. */
export function mimetypeOf(kind: FileKind, { mimetype }: SendRequest): string {
  return mimetype ?? mimetypes[kind];
}

/** @returns the content of a message that carries a file. */
export function fileContent(
  kind: FileKind,
  media: MediaReference,
  { text, fileName }: SendRequest,
): MessageInit {
  const caption = text === undefined ? {} : { caption: text };
  if (kind === 'image') return imageMessage(media, caption);
  if (kind === 'video') return videoMessage(media, caption);
  if (kind === 'voice') return voiceMessage(media);
  return documentMessage(media, { ...caption, ...(fileName !== undefined && { fileName }) });
}

/** Builds the content of messages without files, looking up what they refer to. */
export class Composer {
  constructor(
    private readonly store: DeviceStore,
    private readonly now: () => number,
  ) {}

  /** @throws DeviceError `content_missing`, ContentError */
  content(kind: 'text' | 'reply' | 'reaction', recipient: string, { text, id }: SendRequest): MessageInit {
    if (text === undefined) throw new DeviceError('content_missing');
    if (kind === 'text') return textMessage(text);
    if (id === undefined) throw new DeviceError('content_missing');
    const fromMe = this.store.outgoing.stateOf(recipient, id) !== undefined;
    if (kind === 'reaction') return reactionMessage(text, { id, remoteJid: recipient, fromMe }, this.now());
    const sender = fromMe ? this.store.meta.text('own_jid') : recipient;
    return replyMessage(
      text,
      { id, ...(sender !== undefined && { sender }) },
      this.quoted(recipient, id, fromMe),
    );
  }

  /** The quoted text goes along; other kinds are named by their id alone. */
  private quoted(recipient: string, id: string, fromMe: boolean): MessageInit | undefined {
    const { outgoing, received } = this.store;
    const bytes = fromMe ? outgoing.plaintextOf(recipient, id) : received.find(recipient, id)?.content;
    if (bytes === undefined) return undefined;
    try {
      const content = readMessage(bytes);
      return content.kind === 'text' || content.kind === 'reply' ? textMessage(content.text) : undefined;
    } catch {
      return undefined;
    }
  }
}

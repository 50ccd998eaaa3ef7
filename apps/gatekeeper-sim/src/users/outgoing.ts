import type { Switchboard } from '../seam.js';
import type { Content, MediaContent } from './content/codec.js';
import {
  composeMedia,
  composeReaction,
  composeReply,
  composeText,
  type ChatMessage,
} from './content/compose.js';
import { imageSize } from './media/image-size.js';
import type { MediaKind } from './media/media-keys.js';
import { sealMedia } from './media/seal-media.js';
import { sketchWaveform } from './media/waveform.js';
import { PhoneError } from './phone-errors.js';
import { phoneLimits } from './phone-limits.js';

interface OutgoingFile {
  readonly file: Uint8Array;
  readonly mimetype: string;
}

/** What a phone can be told to send; `target` is the id of a message in the same chat, lengths in pixels, durations in seconds. */
export type Outgoing =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'reply'; readonly text: string; readonly target: string }
  | { readonly kind: 'reaction'; readonly emoji: string; readonly target: string }
  | ({
      readonly kind: 'image';
      readonly caption?: string;
      readonly thumbnail?: Uint8Array;
      readonly width?: number;
      readonly height?: number;
    } & OutgoingFile)
  | ({ readonly kind: 'voice'; readonly seconds?: number; readonly waveform?: Uint8Array } & OutgoingFile)
  | ({
      readonly kind: 'video';
      readonly caption?: string;
      readonly thumbnail?: Uint8Array;
      readonly seconds?: number;
      readonly width?: number;
      readonly height?: number;
    } & OutgoingFile)
  | ({ readonly kind: 'document'; readonly fileName: string; readonly caption?: string } & OutgoingFile);

/** What composing needs from the phone. */
export interface ComposeContext {
  readonly switchboard: Pick<Switchboard, 'mediaUpload'>;
  readonly now: number;
  /** JID of the other party. */
  readonly chat: string;
  find(target: string): ChatMessage | undefined;
}

/** Builds the content and, for a file, seals and uploads it. Throws PhoneError `unknown_target`, `file_too_large` or `file_refused`. */
export function composeOutgoing(outgoing: Outgoing, context: ComposeContext): Content {
  switch (outgoing.kind) {
    case 'text':
      return composeText(outgoing.text);
    case 'reply':
      return composeReply(outgoing.text, targetOf(outgoing.target, context));
    case 'reaction':
      return composeReaction(outgoing.emoji, targetOf(outgoing.target, context), context.chat, context.now);
    case 'image': {
      const { file, mimetype, thumbnail, kind, ...rest } = outgoing;
      const fields = { ...imageSize(file), ...rest, ...(thumbnail && { jpegThumbnail: thumbnail }) };
      return composeMedia(kind, { ...upload(kind, file, context), mimetype, ...fields });
    }
    case 'voice': {
      const { file, mimetype, kind, seconds = 1, waveform = sketchWaveform(file) } = outgoing;
      return composeMedia(kind, { ...upload(kind, file, context), mimetype, seconds, waveform });
    }
    case 'video': {
      const { file, mimetype, thumbnail, kind, ...rest } = outgoing;
      const fields = { ...rest, ...(thumbnail && { jpegThumbnail: thumbnail }) };
      return composeMedia(kind, { ...upload(kind, file, context), mimetype, ...fields });
    }
    case 'document': {
      const { file, kind, ...rest } = outgoing;
      return composeMedia(kind, { ...upload(kind, file, context), ...rest });
    }
  }
}

function targetOf(id: string, context: ComposeContext): ChatMessage {
  const target = context.find(id);
  if (target === undefined) throw new PhoneError('unknown_target', 'No such message in this chat.');
  return target;
}

const UPLOAD_TYPE = { image: 'image', voice: 'audio', video: 'video', document: 'document' } as const;

function upload(kind: MediaKind, file: Uint8Array, { switchboard, now }: ComposeContext): MediaContent {
  if (file.length > phoneLimits.mediaBytes) throw new PhoneError('file_too_large', 'The file is too large.');
  const { blob, ...fields } = sealMedia(file, kind);
  try {
    const place = switchboard.mediaUpload(blob, UPLOAD_TYPE[kind]);
    return { ...fields, ...place, mediaKeyTimestamp: Math.floor(now / 1000) };
  } catch {
    throw new PhoneError('file_refused', 'The media host does not take the file.');
  }
}

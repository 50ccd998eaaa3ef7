import type { Outgoing } from '../users/outgoing.js';
import { PhoneError } from '../users/phone-errors.js';
import { phoneLimits } from '../users/phone-limits.js';

/** Characters of the largest file in a request, which carries it as base64; larger files come from the library. */
const FILE_CHARS = 24 * 1024 * 1024;
const THUMBNAIL_CHARS = 96 * 1024;
/** Bytes of a whole request. */
export const REQUEST_BYTES = FILE_CHARS + 256 * 1024;

export const numberSchema = {
  type: 'string',
  pattern: '^[1-9][0-9]{4,14}$',
  description: 'Telephone number, digits only',
} as const;
const address = {
  type: 'string',
  minLength: 1,
  maxLength: phoneLimits.addressChars,
  description: 'User-visible identifier or account JID',
} as const;
const id = { type: 'string', minLength: 1, maxLength: phoneLimits.idChars } as const;
const text = { type: 'string', maxLength: phoneLimits.textChars } as const;
const base64 = (maxLength: number) => ({ type: 'string', maxLength, contentEncoding: 'base64' }) as const;
const count = { type: 'integer', minimum: 0, maximum: 0xffff } as const;

const closed = { type: 'object', additionalProperties: false } as const;

export const createUserSchema = {
  ...closed,
  required: ['number'],
  properties: { number: numberSchema, name: { type: 'string', minLength: 1, maxLength: 100 } },
} as const;

export const sendSchema = {
  ...closed,
  required: ['to', 'kind'],
  properties: {
    to: address,
    kind: { enum: ['text', 'reply', 'reaction', 'image', 'voice', 'video', 'document'] },
    text: { ...text, description: 'Text, emoji of a reaction (empty takes it back), or caption of a file' },
    id: { ...id, description: 'The message that is replied or reacted to' },
    file: base64(FILE_CHARS),
    mimetype: { type: 'string', minLength: 1, maxLength: 127 },
    fileName: { type: 'string', minLength: 1, maxLength: 255 },
    thumbnail: base64(THUMBNAIL_CHARS),
    seconds: count,
    width: count,
    height: count,
  },
} as const;

export const typingSchema = {
  ...closed,
  required: ['to', 'state'],
  properties: { to: address, state: { enum: ['composing', 'paused'] } },
} as const;

export const readSchema = { ...closed, required: ['id'], properties: { id } } as const;

export interface SendRequest {
  readonly to: string;
  readonly kind: Outgoing['kind'];
  readonly text?: string;
  readonly id?: string;
  readonly file?: string;
  readonly mimetype?: string;
  readonly fileName?: string;
  readonly thumbnail?: string;
  readonly seconds?: number;
  readonly width?: number;
  readonly height?: number;
}

const DEFAULT_MIMETYPE = {
  image: 'image/jpeg',
  voice: 'audio/ogg; codecs=opus',
  video: 'video/mp4',
  document: 'application/octet-stream',
} as const;

/** What the phone is to send. Throws PhoneError `request_invalid` when a field that the kind needs is missing, `file_invalid` when base64 is broken. */
export function readSendRequest(request: SendRequest): Outgoing {
  const { kind, text, id, thumbnail, seconds, width, height } = request;
  switch (kind) {
    case 'text':
      return { kind, text: need(text, 'text') };
    case 'reply':
      return { kind, text: need(text, 'text'), target: need(id, 'id') };
    case 'reaction':
      return { kind, emoji: need(text, 'text'), target: need(id, 'id') };
    case 'voice':
      return { kind, ...file(request, kind), ...(seconds !== undefined && { seconds }) };
    case 'document':
      return { kind, ...file(request, kind), fileName: need(request.fileName, 'fileName'), ...caption(text) };
    case 'image':
    case 'video':
      return {
        kind,
        ...file(request, kind),
        ...caption(text),
        ...(thumbnail !== undefined && { thumbnail: decode(thumbnail) }),
        ...(width !== undefined && { width }),
        ...(height !== undefined && { height }),
        ...(kind === 'video' && seconds !== undefined && { seconds }),
      };
  }
}

function need(value: string | undefined, field: string): string {
  if (value === undefined)
    throw new PhoneError('request_invalid', `This kind of message needs \`${field}\`.`);
  return value;
}

function caption(text: string | undefined): { caption?: string } {
  return text === undefined ? {} : { caption: text };
}

function file(
  request: SendRequest,
  kind: keyof typeof DEFAULT_MIMETYPE,
): { file: Uint8Array; mimetype: string } {
  return { file: decode(need(request.file, 'file')), mimetype: request.mimetype ?? DEFAULT_MIMETYPE[kind] };
}

function decode(base64Text: string): Uint8Array {
  const bytes = Buffer.from(base64Text, 'base64');
  if (bytes.toString('base64').length !== base64Text.length || /[^A-Za-z0-9+/=]/.test(base64Text)) {
    throw new PhoneError('file_invalid', 'The file is not base64.');
  }
  return new Uint8Array(bytes);
}

import { isUtf8 } from 'node:buffer';
import { parseUniqueJson } from './unique-json.js';

/** Three parts in the alphabet of base64url, without padding (RFC 7515, 7.1). */
const COMPACT = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;

export type JsonObject = Readonly<Record<string, unknown>>;

/** A signed token in its compact form, not yet verified. */
export interface CompactJws {
  readonly header: JsonObject;
  /** What was signed: header and payload as they were sent. */
  readonly signed: Buffer;
  readonly signature: Buffer;
  /** The payload, which nobody needs to read of a token that is not believed. @throws {SyntaxError} */
  payload(): JsonObject;
}

/** Takes a token apart. @throws {SyntaxError} when it has another form; the text is never quoted */
export function parseCompactJws(token: string): CompactJws {
  const [, header, payload, signature] = COMPACT.exec(token) ?? [];
  if (header === undefined || payload === undefined || signature === undefined)
    throw new SyntaxError('not a compact token');
  return {
    header: parseObject(header),
    signed: Buffer.from(token.slice(0, header.length + 1 + payload.length), 'latin1'),
    signature: Buffer.from(signature, 'base64url'),
    payload: () => parseObject(payload),
  };
}

function parseObject(encoded: string): JsonObject {
  const bytes = Buffer.from(encoded, 'base64url');
  if (!isUtf8(bytes)) throw new SyntaxError('not UTF-8');
  const value = parseUniqueJson(bytes.toString('utf8'));
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SyntaxError('not an object');
  return value as JsonObject;
}

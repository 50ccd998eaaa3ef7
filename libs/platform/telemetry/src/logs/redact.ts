import { serializeError } from './serialize-error.js';
import { mask, scrubText } from './scrub.js';

/** Names of fields whose value never appears in a log, compared without case, `_` and `-`. */
const sensitiveNames = new Set([
  ...[
    'authorization',
    'proxyauthorization',
    'cookie',
    'cookies',
    'setcookie',
    'password',
    'passphrase',
    'secret',
    'secrets',
  ],
  ...[
    'token',
    'tokens',
    'accesstoken',
    'refreshtoken',
    'idtoken',
    'jwt',
    'assertion',
    'credential',
    'credentials',
    'apikey',
  ],
  ...[
    'key',
    'keys',
    'privatekey',
    'privatejwk',
    'publickey',
    'identitykey',
    'signedprekey',
    'prekey',
    'prekeys',
    'relaykey',
  ],
  ...['authkey', 'jwk', 'jwks', 'signature', 'mac', 'hmac', 'nonce', 'seed', 'dh', 'shared', 'sharedsecret'],
  ...[
    'to',
    'from',
    'jid',
    'jids',
    'user',
    'username',
    'preferredusername',
    'participant',
    'sender',
    'recipient',
    'peer',
    'author',
  ],
  ...[
    'identifier',
    'identifiers',
    'email',
    'emails',
    'mail',
    'phone',
    'phones',
    'phonenumber',
    'msisdn',
    'name',
    'displayname',
  ],
  ...[
    'address',
    'addresses',
    'clientaddress',
    'remoteaddress',
    'ip',
    'ips',
    'clientip',
    'xforwardedfor',
    'forwarded',
  ],
  ...[
    'content',
    'contents',
    'body',
    'payload',
    'text',
    'message',
    'messages',
    'caption',
    'plaintext',
    'ciphertext',
    'stanza',
  ],
  ...['data', 'raw', 'bytes', 'headers', 'query', 'sub', 'subject', 'claims', 'filename'],
]);

const maxDepth = 5;
const maxEntries = 40;

/** Whether a field of this name is masked whatever it holds. */
export function isSensitiveName(name: string): boolean {
  return sensitiveNames.has(name.toLowerCase().replace(/[_-]/g, ''));
}

/**
 * A copy of log fields that is safe to write: sensitive names masked, texts scrubbed, errors reduced to code and stack,
 * bytes to their length; bounded in depth and width.
 */
export function redactFields(fields: object): Record<string, unknown> {
  return redactObject(fields, 0);
}

function redactObject(value: object, depth: number): Record<string, unknown> {
  const entries = Object.entries(value);
  const kept = entries.slice(0, maxEntries).map(([name, item]): [string, unknown] => {
    if (isSensitiveName(name) && item !== undefined && item !== null) return [name, mask];
    return [name, redactValue(item, depth + 1)];
  });
  if (entries.length > maxEntries) kept.push(['omitted', entries.length - maxEntries]);
  return Object.fromEntries(kept);
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return scrubText(value);
  if (typeof value === 'bigint') return scrubText(String(value));
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (typeof value !== 'object') return undefined;
  if (value instanceof Error) return serializeError(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= maxDepth) return '[deep]';
  if (Array.isArray(value)) return value.slice(0, maxEntries).map((item) => redactValue(item, depth + 1));
  return redactObject(value, depth);
}

import { z } from 'zod';

/** Placeholder of a field that has a value only in a running deployment or under a contract. */
export const unset = 'unset';

/** `host`, `host:port` or `*.domain`, as the egress accepts them. */
export const host = z
  .string()
  .max(261)
  .regex(
    /^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?(:[0-9]{1,5})?$|^\[[0-9a-f:.]+\](:[0-9]{1,5})?$/,
    {
      error: 'must be a host, host:port or *.domain in lower case',
    },
  );

function address(schemes: readonly string[]) {
  return z
    .string()
    .max(2_048)
    .refine(
      (text) => {
        const url = URL.parse(text);
        return url !== null && schemes.includes(url.protocol) && url.username === '' && url.hash === '';
      },
      { error: `must be a URL that begins with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}` },
    );
}

/** Clear text is for development profiles, which `consistency` checks. */
export const httpUrl = address(['https:', 'http:']);
export const socketUrl = address(['wss:', 'ws:']);

/** An XMPP server's address, with its port: `xmpp://host:port`. The name of the server is another field. */
export const xmppUrl = address(['xmpp:']).refine(
  (text) => {
    const url = URL.parse(text);
    return url !== null && url.port !== '' && text === `xmpp://${url.host}`;
  },
  { error: 'must be xmpp://host:port and nothing more' },
);

/** A domain name in lower case, as it stands in a certificate. */
export const domain = z
  .string()
  .max(253)
  .regex(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, {
    error: 'must be a domain name in lower case',
  });

/** One or several certificates in PEM. */
export const certificates = z
  .string()
  .max(65_536)
  .regex(/^(-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n*)+$/, {
    error: 'must be certificates in PEM',
  });

/** `https://host[:port]` without a path, as it stands in an `aud` or `iss` claim. */
export const origin = httpUrl.refine((text) => URL.parse(text)?.origin === text, {
  error: 'must be an origin: scheme and host, without a path or a closing slash',
});

/** Bytes in hex. In YAML it needs quotes, or `57410603` is a number. */
export function hex(minBytes: number, maxBytes: number) {
  const size = minBytes === maxBytes ? `${minBytes}` : `${minBytes} to ${maxBytes}`;
  return z
    .string({ error: 'must be hex in quotes' })
    .regex(/^([0-9a-f]{2})*$/, { error: 'must be lower-case hex in quotes' })
    .refine((text) => text.length >= minBytes * 2 && text.length <= maxBytes * 2, {
      error: `must be ${size} bytes`,
    });
}

/** A list without repetitions. */
export function listOf<T extends z.ZodType>(item: T) {
  return z
    .array(item)
    .min(1)
    .max(64)
    .refine((items) => new Set(items).size === items.length, { error: 'must not name anything twice' });
}

import { formatJid, isServerAddress, type Jid, JidError, parseJid } from '@causeway/jid';
import { BinaryXmlError } from './binary-xml-error.js';

/** The domain byte of the AD form names the server; any other value is the agent of a user of s.whatsapp.net. */
const domains: readonly (readonly [number, string])[] = [
  [0, 's.whatsapp.net'],
  [1, 'lid'],
  [128, 'hosted'],
  [129, 'hosted.lid'],
];

/** The JID that an attribute's text is, if it is one; every other text is written as it stands. */
export function jidIn(text: string): Jid | undefined {
  if (!text.includes('@') && !isServerAddress(text)) return undefined;
  try {
    return parseJid(text);
  } catch (error) {
    if (error instanceof JidError) return undefined;
    throw error;
  }
}

/** The domain byte of the AD form; undefined when this server has no AD form. */
export function domainOf(jid: Jid): number | undefined {
  return jid.agent ?? domains.find(([, server]) => server === jid.server)?.[0];
}

/** Server and agent that a domain byte stands for. */
export function serverOf(domain: number): { server: string; agent?: number } {
  const server = domains.find(([byte]) => byte === domain)?.[1];
  return server === undefined ? { server: 's.whatsapp.net', agent: domain } : { server };
}

/**
 * The text of a JID that was read from the wire. Device 0 gets no suffix: the wire forms do not tell it from none.
 *
 * @throws BinaryXmlError `bad_jid` when the parts make no address or an ambiguous one
 */
export function jidText(jid: Jid): string {
  const { device, ...rest } = jid;
  try {
    return formatJid(device === undefined || device === 0 ? rest : { ...rest, device });
  } catch (error) {
    if (error instanceof JidError) throw new BinaryXmlError('bad_jid');
    throw error;
  }
}

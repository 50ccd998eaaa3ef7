import { formatJid, isServerAddress, type Jid, JidError, parseJid } from '@causeway/jid';
import { BinaryXmlError } from './binary-xml-error.js';

/** The domain byte of the AD form names the server; any other value is the agent of a user of s.whatsapp.net. */
const serverOfDomain: ReadonlyMap<number, string> = new Map([
  [0, 's.whatsapp.net'],
  [1, 'lid'],
  [128, 'hosted'],
  [129, 'hosted.lid'],
]);
const domainOfServer: ReadonlyMap<string, number> = new Map(
  Array.from(serverOfDomain, ([domain, server]) => [server, domain]),
);

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
  return jid.agent ?? domainOfServer.get(jid.server);
}

/** Server and agent that a domain byte stands for. */
export function serverOf(domain: number): { server: string; agent?: number } {
  const server = serverOfDomain.get(domain);
  return server === undefined ? { server: 's.whatsapp.net', agent: domain } : { server };
}

/**
 * The text of a pair that was read from the wire, of a known server. Its user may hold the structure.
 *
 * @throws BinaryXmlError `bad_jid`
 */
export function pairText(text: string): string {
  const jid = jidIn(text);
  if (jid === undefined) throw new BinaryXmlError('bad_jid');
  return jid.device === 0 ? jidText(jid) : text;
}

/**
 * The text of a JID that was read from the wire. Device 0 gets no suffix: the wire forms do not tell it from none.
 *
 * @throws BinaryXmlError `bad_jid` when the parts make no address or an ambiguous one
 */
export function jidText(jid: Jid): string {
  try {
    return formatJid(jid.device === 0 ? withoutDevice(jid) : jid);
  } catch (error) {
    if (error instanceof JidError) throw new BinaryXmlError('bad_jid');
    throw error;
  }
}

function withoutDevice({ user, server, agent, integrator }: Jid): Jid {
  return {
    user,
    server,
    ...(agent !== undefined && { agent }),
    ...(integrator !== undefined && { integrator }),
  };
}

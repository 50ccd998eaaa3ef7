import { isAddress, isJidServer, type Jid, JidError, parseAddress } from '@causeway/jid';
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

/** The domain byte of the AD form; undefined when this server has no AD form. */
export function domainOf(jid: Jid): number | undefined {
  return jid.agent ?? domainOfServer.get(jid.server);
}

/**
 * The JID of an AD form. Without an agent, device 0 stays: a pair says that there is none.
 *
 * @throws BinaryXmlError `bad_jid`
 */
export function adJid(domain: number, device: number, user: string): Jid {
  const server = serverOfDomain.get(domain);
  if (server !== undefined) return checked({ user, server, device });
  return checked({ user, server: 's.whatsapp.net', agent: domain, ...named(device) });
}

/** The JID of an FB form, which always holds a device: 0 is none. @throws BinaryXmlError `bad_jid` */
export function fbJid(user: string, device: number, server: string): Jid {
  if (server !== 'msgr') throw new BinaryXmlError('bad_jid');
  return checked({ user, server, ...named(device) });
}

/** The JID of an interop form, which always holds a device: 0 is none. @throws BinaryXmlError `bad_jid` */
export function interopJid(user: string, device: number, integrator: number): Jid {
  return checked({ user, server: 'interop', integrator, ...named(device) });
}

/**
 * The JID of a pair; without a user it is a server's own address. The user may hold the structure of a server that is
 * known. A server of tomorrow must not end the session: its users are taken as they stand.
 *
 * @throws BinaryXmlError `bad_jid`
 */
export function pairJid(user: string, server: string): Jid {
  const plain = { user, server };
  if (isAddress(plain)) return plain;
  if (user === '' || !isJidServer(server)) throw new BinaryXmlError('bad_jid');
  try {
    return parseAddress(`${user}@${server}`);
  } catch (error) {
    if (error instanceof JidError) throw new BinaryXmlError('bad_jid');
    throw error;
  }
}

function named(device: number): { device?: number } {
  return device === 0 ? {} : { device };
}

/** What the text of a JID could not tell apart is none. */
function checked(jid: Jid): Jid {
  if (!isAddress(jid)) throw new BinaryXmlError('bad_jid');
  return jid;
}

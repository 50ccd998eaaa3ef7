/** The servers of the gatekeeper's address space. Any other domain is not a JID (an e-mail address stays a text). */
export const jidServers = [
  's.whatsapp.net',
  'lid',
  'g.us',
  'broadcast',
  'newsletter',
  'hosted',
  'hosted.lid',
  'msgr',
  'interop',
  'bot',
  'c.us',
  'call',
] as const;

const known: ReadonlySet<string> = new Set(jidServers);

export function isJidServer(text: string): boolean {
  return known.has(text);
}

/**
 * Servers whose bare name addresses the server itself (`to="s.whatsapp.net"`). Names without a dot are left out:
 * `call` or `broadcast` alone are ordinary words of the protocol.
 */
export function isServerAddress(text: string): boolean {
  return known.has(text) && text.includes('.');
}

/** Greatest device number that the wire form of a server holds; 0 = users of this server have no devices. */
export function maxDevice(server: string): number {
  if (server === 'interop' || server === 'msgr') return 0xffff;
  if (server === 's.whatsapp.net' || server === 'lid' || server === 'hosted' || server === 'hosted.lid')
    return 0xff;
  return 0;
}

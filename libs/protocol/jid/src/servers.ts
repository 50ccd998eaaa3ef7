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

/** Greatest device number that the wire form of a server holds; servers that are not here have users without devices. */
const devices: Readonly<Partial<Record<string, number>>> = {
  interop: 0xffff,
  msgr: 0xffff,
  's.whatsapp.net': 0xff,
  lid: 0xff,
  hosted: 0xff,
  'hosted.lid': 0xff,
};

interface JidServer {
  readonly name: string;
  readonly maxDevice: number;
}

const known: ReadonlyMap<string, JidServer> = new Map(
  jidServers.map((name) => [name, { name, maxDevice: devices[name] ?? 0 }]),
);

/** The server of this name, if there is one. */
export function jidServer(text: string): JidServer | undefined {
  return known.get(text);
}

export function isJidServer(text: string): boolean {
  return known.has(text);
}

/**
 * Servers whose bare name addresses the server itself (`to="s.whatsapp.net"`). Names without a dot are left out:
 * `call` or `broadcast` alone are ordinary words of the protocol.
 */
export function isServerAddress(text: string): boolean {
  return text.includes('.') && known.has(text);
}

/** Greatest device number that the wire form of a server holds; 0 = users of this server have no devices. */
export function maxDevice(server: string): number {
  return known.get(server)?.maxDevice ?? 0;
}

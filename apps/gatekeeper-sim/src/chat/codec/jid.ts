import { deviceDomains } from './tags.js';

/** An address taken apart the way the wire writes it. */
export type WireJid =
  | { form: 'interop'; user: string; device: number; integrator: number }
  | { form: 'messenger'; user: string; device: number }
  | { form: 'device'; user: string; device: number; domain: number }
  | { form: 'pair'; user: string; server: string };

const servers = new Set([
  's.whatsapp.net',
  'lid',
  'g.us',
  'broadcast',
  'newsletter',
  'hosted',
  'hosted.lid',
  'bot',
  'c.us',
  'call',
]);
const domainOf = new Map([...deviceDomains].map(([domain, server]) => [server, domain]));

/**
 * Chooses the wire form of an attribute's text, or undefined when the text is no address and goes out as a
 * plain string. Interop addresses read `{integrator}-{user}[:{device}]@interop`.
 */
export function wireJid(text: string): WireJid | undefined {
  const at = text.lastIndexOf('@');
  if (at < 0) return undefined;
  const user = text.slice(0, at);
  const server = text.slice(at + 1);
  if (server === 'interop') {
    const match = /^(\d{1,5})-([^@:]+)(?::([1-9]\d{0,4}))?$/.exec(user);
    if (!match) return undefined;
    const [integrator, device] = [Number(match[1]), Number(match[3] ?? 0)];
    if (integrator > 0xffff || device > 0xffff) return undefined;
    return { form: 'interop', user: match[2] ?? '', device, integrator };
  }
  const [, name, number] = /^([^@:]*)(?::([1-9]\d{0,4}))?$/.exec(user) ?? [];
  if (name === undefined) return undefined;
  const device = Number(number ?? 0);
  if (server === 'msgr') return device > 0xffff ? undefined : { form: 'messenger', user: name, device };
  const domain = domainOf.get(server);
  if (device > 0) {
    return domain === undefined || device > 0xff ? undefined : { form: 'device', user: name, device, domain };
  }
  return servers.has(server) ? { form: 'pair', user: name, server } : undefined;
}

/** The text of an address that was read from the wire. */
export function jidText(user: string, server: string, device: number, integrator?: number): string {
  const prefix = integrator === undefined ? '' : `${integrator}-`;
  return `${prefix}${user}${device > 0 ? `:${device}` : ''}@${server}`;
}

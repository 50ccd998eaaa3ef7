import type { GatekeeperProfile } from './schema.js';

/** What is wrong with fields taken together, with the path of the one to change. */
export interface Inconsistency {
  readonly path: string;
  readonly reason: string;
}

/** The port is named where it is not the scheme's own, as in a list of hosts. */
const hostOf = (url: string): string => new URL(url).host;

/** True when a list of hosts names this one, or a domain above it. */
function covers(hosts: readonly string[], host: string): boolean {
  return hosts.some(
    (listed) => listed === host || (listed.startsWith('*.') && host.endsWith(listed.slice(1))),
  );
}

/** Every address that is connected to, by the path of its field. */
function addresses({ wire, enlistment, push, media }: GatekeeperProfile): ReadonlyMap<string, string> {
  return new Map([
    ['wire.url', wire.url],
    ['enlistment.url', enlistment.url],
    ['push.jwksUrl', push.jwksUrl],
    ['media.downloadBase', media.downloadBase],
  ]);
}

/** The checks that need more than one field. Empty when all is well. */
export function inconsistencies(profile: GatekeeperProfile): readonly Inconsistency[] {
  const found: Inconsistency[] = [];
  const { wire, media, egress, development } = profile;
  if (profile.noiseKeys === 'device' && profile.deletionWithoutDevice) {
    const reason = 'cannot be true while noiseKeys is device: without it nobody logs in';
    found.push({ path: 'deletionWithoutDevice', reason });
  }
  for (const [path, url] of addresses(profile)) {
    if (!development && /^(ws|http):/.test(url)) {
      found.push({ path, reason: 'must be encrypted (wss or https) unless development is true' });
    }
    if (!covers(egress.hosts, hostOf(url))) {
      found.push({ path: 'egress.hosts', reason: `lacks ${hostOf(url)}, the host of ${path}` });
    }
  }
  if (!covers(media.downloadHosts, hostOf(media.downloadBase))) {
    found.push({ path: 'media.downloadHosts', reason: 'lacks the host of media.downloadBase' });
  }
  for (const host of media.downloadHosts) {
    if (!covers(egress.hosts, host)) {
      found.push({ path: 'egress.hosts', reason: `lacks ${host} of media.downloadHosts` });
    }
  }
  if (egress.allowPrivateAddresses && !development) {
    found.push({ path: 'egress.allowPrivateAddresses', reason: 'needs development to be true' });
  }
  if (wire.codec === 'xmpp' && profile.mode === 'tunnel') {
    found.push({ path: 'mode', reason: 'cannot be tunnel: only WebSockets are carried' });
  }
  if (wire.codec === 'xmpp' && profile.proxyHandshake.clientAddress === 'header') {
    found.push({
      path: 'proxyHandshake.clientAddress',
      reason: 'cannot be header: a stream opens with none',
    });
  }
  const { keepaliveMinMs, keepaliveMaxMs } = wire.limits;
  if (keepaliveMinMs !== undefined && keepaliveMaxMs !== undefined && keepaliveMinMs > keepaliveMaxMs) {
    found.push({ path: 'wire.limits.keepaliveMinMs', reason: 'must not be above keepaliveMaxMs' });
  }
  return found;
}

import { JidError } from './jid-error.js';
import { isJidServer, isServerAddress, jidServer, maxDevice } from './servers.js';

/**
 * An address of the gatekeeper. `user` is empty for a server's own address. `agent` exists on s.whatsapp.net only,
 * `integrator` (0-65535) on interop only and there always. Device 0 is the primary device, as is no device.
 */
export interface Jid {
  readonly user: string;
  readonly server: string;
  readonly agent?: number;
  readonly device?: number;
  readonly integrator?: number;
}

// By reference: once any library of the process extends String, V8 looks this method up anew for each character.
const { charCodeAt } = String.prototype;
/** Characters of an address. */
export const maxTextLength = 1024;
/** Digits of the greatest number in an address, 65535. */
const maxDigits = 5;
// The AD form of the wire says the server by the same byte: these agents would come back as another server.
const agentsThatNameServers: ReadonlySet<number> = new Set([0, 1, 128, 129]);
// `@` and `:` structure the text; `/` starts an XMPP resource; control characters never belong to an address.
const unsafeUser = /[@:/\p{Cc}\p{Cs}]/u;
const plainUser = /^[0-9A-Za-z_]+$/;

/** A decimal number without leading zeros; undefined for anything else, and above `max`. */
function numberOf(text: string, max: number): number | undefined {
  if (text === '' || text.length > maxDigits || (text.length > 1 && text.startsWith('0'))) return undefined;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = charCodeAt.call(text, i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = 10 * value + digit;
  }
  return value <= max ? value : undefined;
}

/** True for a user that a text can hold: not empty, no `@`, `:`, `/` or control character. */
export function isSafeUser(user: string): boolean {
  return plainUser.test(user) || (user !== '' && !unsafeUser.test(user));
}

/**
 * Read a JID: `{user}[.{agent}][:{device}]@{server}`, on interop `{integrator}-{user}[:{device}]@interop`, or the bare
 * name of a server.
 *
 * @throws JidError when the text is no JID; ambiguous or out-of-range numbers are refused, never cut.
 */
export function parseJid(text: string): Jid {
  if (text.length > maxTextLength) throw new JidError('not_a_jid');
  const at = text.lastIndexOf('@');
  if (at < 0) {
    if (isServerAddress(text)) return { user: '', server: text };
    throw new JidError('not_a_jid');
  }
  const found = jidServer(text.slice(at + 1));
  if (found === undefined) throw new JidError('unknown_server');
  const server = found.name;
  const local = text.slice(0, at);
  const colon = local.lastIndexOf(':');
  const device = colon < 0 ? undefined : deviceIn(local.slice(colon + 1), found.maxDevice);
  const name = colon < 0 ? local : local.slice(0, colon);
  const dash = server === 'interop' ? name.indexOf('-') : -1;
  const integrator = server === 'interop' ? integratorIn(name, dash) : undefined;
  const dot = server === 's.whatsapp.net' ? name.lastIndexOf('.') : -1;
  const agent = dot < 0 ? undefined : agentIn(name.slice(dot + 1));
  const user = name.slice(dash + 1, dot < 0 ? name.length : dot);
  if (!isSafeUser(user)) throw new JidError('bad_user');
  return jidOf({ user, server, agent, device, integrator });
}

/** Only the parts that are there become properties. */
function jidOf(
  parts: { [Key in keyof Jid]-?: Jid[Key] | undefined } & { user: string; server: string },
): Jid {
  const { user, server, agent, device, integrator } = parts;
  const jid: { -readonly [Key in keyof Jid]: Jid[Key] } = { user, server };
  if (agent !== undefined) jid.agent = agent;
  if (device !== undefined) jid.device = device;
  if (integrator !== undefined) jid.integrator = integrator;
  return jid;
}

function deviceIn(text: string, max: number): number {
  const device = max === 0 ? undefined : numberOf(text, max);
  if (device === undefined) throw new JidError('bad_device');
  return device;
}

function integratorIn(name: string, dash: number): number {
  const integrator = dash < 0 ? undefined : numberOf(name.slice(0, dash), 0xffff);
  if (integrator === undefined) throw new JidError('bad_integrator');
  return integrator;
}

function agentIn(text: string): number {
  const agent = numberOf(text, 0xff);
  if (agent === undefined || agentsThatNameServers.has(agent)) throw new JidError('bad_agent');
  return agent;
}

/**
 * Write a JID as text; `parseJid` of the result gives the same JID back.
 *
 * @throws JidError when the parts cannot be told apart again in the text, or do not fit the server.
 */
export function formatJid(jid: Jid): string {
  const text = jidText(jid);
  if (!isPlain(jid) && !isSameJid(parseJid(text), jid)) throw new JidError('bad_user');
  return text;
}

/** True for what cannot come back as anything else: a user without a separator, and numbers that fit. */
export function isPlain({ user, server, agent, device, integrator }: Jid): boolean {
  return (
    plainUser.test(user) &&
    user.length <= maxTextLength / 2 &&
    agent === undefined &&
    (device === undefined ? isJidServer(server) : fits(device, maxDevice(server))) &&
    (server === 'interop' ? fits(integrator, 0xffff) : integrator === undefined)
  );
}

function fits(value: number | undefined, max: number): boolean {
  return max > 0 && Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max;
}

/** The text of a JID, unchecked: it may come back as another one. */
export function jidText(jid: Jid): string {
  if (jid.user === '') return jid.server;
  let text = jid.integrator === undefined ? jid.user : `${String(jid.integrator)}-${jid.user}`;
  if (jid.agent !== undefined) text += `.${String(jid.agent)}`;
  if (jid.device !== undefined) text += `:${String(jid.device)}`;
  return `${text}@${jid.server}`;
}

/** True when all parts are the same; device 0 and no device are not. */
export function isSameJid(a: Jid, b: Jid): boolean {
  return (
    a.user === b.user &&
    a.server === b.server &&
    a.agent === b.agent &&
    a.device === b.device &&
    a.integrator === b.integrator
  );
}

/** True when both name the same device; device 0 and no device are the same one. */
export function jidEquals(a: Jid, b: Jid): boolean {
  return (
    a.user === b.user &&
    a.server === b.server &&
    (a.agent ?? 0) === (b.agent ?? 0) &&
    (a.device ?? 0) === (b.device ?? 0) &&
    a.integrator === b.integrator
  );
}

/** The user without device and agent. */
export function bareJid(jid: Jid): Jid {
  return {
    user: jid.user,
    server: jid.server,
    ...(jid.integrator !== undefined && { integrator: jid.integrator }),
  };
}

import { JidError } from './jid-error.js';
import { isJidServer, isServerAddress, maxDevice } from './servers.js';

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

const maxTextLength = 1024;
const decimal = /^(0|[1-9][0-9]{0,4})$/;
// The AD form of the wire says the server by the same byte: these agents would come back as another server.
const agentsThatNameServers: ReadonlySet<number> = new Set([0, 1, 128, 129]);
// `@` and `:` structure the text; `/` starts an XMPP resource; control characters never belong to an address.
const unsafeUser = /[@:/\p{Cc}\p{Cs}]/u;

function numberOf(text: string, max: number): number | undefined {
  if (!decimal.test(text)) return undefined;
  const value = Number(text);
  return value <= max ? value : undefined;
}

/**
 * Read a JID: `{user}[.{agent}][:{device}]@{server}`, on interop `{integrator}-{user}[:{device}]@interop`, or the bare
 * name of a server.
 *
 * @throws JidError when the text is no JID; ambiguous or out-of-range numbers are refused, never cut.
 */
export function parseJid(text: string): Jid {
  if (isServerAddress(text)) return { user: '', server: text };
  if (text.length > maxTextLength) throw new JidError('not_a_jid');
  const at = text.lastIndexOf('@');
  if (at < 0) throw new JidError('not_a_jid');
  const server = text.slice(at + 1);
  if (!isJidServer(server)) throw new JidError('unknown_server');
  const [name, device] = splitDevice(text.slice(0, at), server);
  const jid =
    server === 'interop'
      ? splitIntegrator(name)
      : server === 's.whatsapp.net'
        ? splitAgent(name)
        : { user: name };
  if (jid.user === '' || unsafeUser.test(jid.user)) throw new JidError('bad_user');
  return { ...jid, server, ...(device !== undefined && { device }) };
}

function splitDevice(local: string, server: string): [string, number | undefined] {
  const colon = local.lastIndexOf(':');
  if (colon < 0) return [local, undefined];
  const max = maxDevice(server);
  const device = max === 0 ? undefined : numberOf(local.slice(colon + 1), max);
  if (device === undefined) throw new JidError('bad_device');
  return [local.slice(0, colon), device];
}

function splitIntegrator(local: string): { user: string; integrator: number } {
  const dash = local.indexOf('-');
  const integrator = dash < 0 ? undefined : numberOf(local.slice(0, dash), 0xffff);
  if (integrator === undefined) throw new JidError('bad_integrator');
  return { user: local.slice(dash + 1), integrator };
}

function splitAgent(local: string): { user: string; agent?: number } {
  const dot = local.lastIndexOf('.');
  if (dot < 0) return { user: local };
  const agent = numberOf(local.slice(dot + 1), 0xff);
  if (agent === undefined || agentsThatNameServers.has(agent)) throw new JidError('bad_agent');
  return { user: local.slice(0, dot), agent };
}

/**
 * Write a JID as text; `parseJid` of the result gives the same JID back.
 *
 * @throws JidError when the parts cannot be told apart again in the text, or do not fit the server.
 */
export function formatJid(jid: Jid): string {
  const text = jid.user === '' ? jid.server : writeJid(jid);
  const back = parseJid(text);
  if (
    back.user !== jid.user ||
    back.server !== jid.server ||
    back.agent !== jid.agent ||
    back.device !== jid.device ||
    back.integrator !== jid.integrator
  ) {
    throw new JidError('bad_user');
  }
  return text;
}

function writeJid(jid: Jid): string {
  const integrator = jid.integrator === undefined ? '' : `${String(jid.integrator)}-`;
  const agent = jid.agent === undefined ? '' : `.${String(jid.agent)}`;
  const device = jid.device === undefined ? '' : `:${String(jid.device)}`;
  return `${integrator}${jid.user}${agent}${device}@${jid.server}`;
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

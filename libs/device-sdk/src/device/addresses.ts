import { bareJid, formatJid, parseJid } from '@causeway/jid';
import type { PeerAddress } from '../suites/port.js';
import { DeviceError } from './errors.js';

/** @returns the address of a device as sessions are kept under it; an address that is no JID stands for itself. */
export function peerOf(jid: string): PeerAddress {
  try {
    const parsed = parseJid(jid);
    return { name: formatJid(bareJid(parsed)), device: parsed.device ?? 0 };
  } catch {
    return { name: jid, device: 0 };
  }
}

/** @returns the bare address that messages are sent to. @throws DeviceError `recipient_invalid` */
export function recipientOf(jid: string | undefined): string {
  try {
    return formatJid(bareJid(parseJid(jid ?? '')));
  } catch {
    throw new DeviceError('recipient_invalid');
  }
}

/** @returns the provider's number in its own address `{integrator}-{user}@interop`, if it is one. */
export function integratorOf(jid: string): number | undefined {
  try {
    return parseJid(jid).integrator;
  } catch {
    return undefined;
  }
}

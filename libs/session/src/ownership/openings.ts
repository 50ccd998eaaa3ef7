import { SessionKey, splitSessionKey, UserId } from '@causeway/contracts/ids';
import type { PresenceEntry } from '@causeway/coordination';
import type { SqlExecutor } from '@causeway/postgres';
import { findOptIn } from '@causeway/store/directory';
import type { Command } from '../sessions/ports.js';

/** What a device that is present asks for, as its own `open` would say, by what the opt-in store says now. */
export class Openings {
  constructor(private readonly postgres: SqlExecutor) {}

  /** @returns undefined when the device's user may not connect: not enlisted, suspended, gone, or by itself */
  async of(entry: PresenceEntry): Promise<Command<'open'> | undefined> {
    const sessionKey = SessionKey.parse(entry.sessionKey);
    const right = await this.reasonOf(sessionKey);
    if (right === undefined) return undefined;
    const relay = entry.relayKey === undefined ? {} : { relayKey: entry.relayKey };
    return {
      type: 'open',
      sessionKey,
      ...splitSessionKey(sessionKey),
      ...right,
      epoch: entry.epoch,
      ...relay,
    };
  }

  /** @returns what a session may be open for, and whose it is; undefined when it may not be open */
  async reasonOf(sessionKey: SessionKey): Promise<Pick<Command<'open'>, 'userId' | 'reason'> | undefined> {
    const { deviceId, gatekeeper } = splitSessionKey(sessionKey);
    const optIn = await findOptIn(this.postgres, deviceId, gatekeeper);
    if (optIn?.mode !== 'proxy') return undefined;
    const { optInState: state } = optIn;
    const enlisted = (state === 'enlisted' || state === 'lapsing') && optIn.userState === 'active';
    if (!enlisted && state !== 'deleting') return undefined;
    return { userId: UserId.parse(optIn.userId), reason: enlisted ? 'reconnect' : 'deletion' };
  }
}

import { randomBytes } from 'node:crypto';
import type { Account } from './accounts/account.js';
import type { AccountDirectory } from './accounts/directory.js';
import type { CertificateKind } from './chat/certificate.js';
import { node, receiptIds, serverJid } from './chat/stanzas.js';
import { seconds, type Clock } from './clock.js';
import type { Limits } from './limits.js';
import type { Records } from './records.js';
import type { KeyBundle, LocalUser, Node } from './seam.js';

/** Which stanzas are kept until they are settled; the others (typing) are for connected clients only. */
const kept = new Set(['message', 'receipt', 'notification']);

/** What clients are shown when they connect. */
export interface Shown {
  certificate: CertificateKind;
}

/** Where accounts and the gatekeeper's own users meet. */
export class Exchange {
  readonly shown: Shown = { certificate: 'valid' };
  readonly #users = new Map<string, LocalUser>();

  constructor(
    readonly accounts: AccountDirectory,
    readonly records: Records,
    readonly clock: Clock,
    readonly limits: Limits,
    readonly dedupesById: boolean,
    private readonly wake: (account: Account) => void,
  ) {}

  register(user: LocalUser): void {
    this.#users.set(user.jid, user);
  }

  user(jid: string): LocalUser | undefined {
    return this.#users.get(jid);
  }

  /** To an account: kept until settled, or dropped when transient. Throws SimulatorError `queue_full`. */
  toAccount(account: Account, stanza: Node): void {
    const from = stanza.attrs['from'] ?? serverJid;
    if (account.blocked.has(from)) {
      this.records.count('dropsBlocked');
      return;
    }
    if (from !== serverJid) account.peers.add(from);
    // The account will send the message again under the same id, and the user must get it.
    if (isRetryReceipt(stanza)) for (const id of receiptIds(stanza)) account.messageIds.delete(id);
    if (!kept.has(stanza.tag)) {
      account.connection?.sendTransient(stanza);
      return;
    }
    const attrs = { id: newId(), t: seconds(this.clock), ...stanza.attrs, from };
    account.queue.add({ ...stanza, attrs }, this.clock.now());
    this.records.count('stanzasQueued');
    if (account.connection) account.connection.pump();
    else this.wake(account);
  }

  /** From an account to a user. False when there is no such user. */
  toUser(account: Account, userJid: string, stanza: Node): boolean {
    const user = this.#users.get(userJid);
    if (!user) return false;
    account.peers.add(userJid);
    try {
      user.receive(stanza);
    } catch {
      // A user's failure is not the account's.
      this.records.count('userFailures');
    }
    return true;
  }

  /** Keys to message an account with; takes one one-time prekey and tells the account when few are left. */
  bundleOf(account: Account): KeyBundle {
    const { registrationId, identityKey, signedPreKey } = account.keys;
    const preKey = account.preKeys.take();
    if (account.preKeys.sankLow()) {
      const value = String(account.preKeys.count);
      this.toAccount(account, node('notification', { type: 'encrypt' }, [node('count', { value })]));
    }
    return { registrationId, identityKey, signedPreKey: { ...signedPreKey }, ...(preKey && { preKey }) };
  }

  /** Tells every account that talked to that user. */
  identityChanged(userJid: string): void {
    for (const account of this.accounts.all()) {
      if (!account.peers.has(userJid)) continue;
      this.toAccount(account, node('notification', { type: 'encrypt', from: userJid }, [node('identity')]));
    }
  }
}

function isRetryReceipt({ tag, attrs }: Node): boolean {
  return tag === 'receipt' && attrs['type'] === 'retry';
}

function newId(): string {
  return randomBytes(10).toString('hex').toUpperCase();
}

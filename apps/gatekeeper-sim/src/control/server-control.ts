import type { Account, StreamEnd } from '../accounts/account.js';
import type { FaultOrder } from '../accounts/faults.js';
import type { CertificateKind } from '../chat/certificate.js';
import type { Exchange } from '../exchange.js';
import type { PushSender } from '../push/sender.js';
import type { PushRecord, Records } from '../records.js';

/** One account as an operator sees it. */
export interface AccountView {
  readonly jid: string;
  readonly identifier: string;
  readonly connected: boolean;
  /** Stanzas not yet settled. */
  readonly queued: number;
  readonly preKeys: number;
  /** One-time prekeys that were offered again after they had been handed out. */
  readonly preKeysRepeated: number;
  readonly signedPreKeyId: number;
  readonly blocked: number;
  /** Milliseconds since 1970. */
  readonly lastSeen: number;
}

/** What an operator of the simulator can look at and do to the server half. Accounts by JID or identifier. */
export class ServerControl {
  constructor(
    private readonly exchange: Exchange,
    private readonly pushes: PushSender,
  ) {}

  accounts(): AccountView[] {
    return this.exchange.accounts.all().map((account) => ({
      jid: account.jid,
      identifier: account.identifier,
      connected: account.connection !== undefined,
      queued: account.queue.length,
      preKeys: account.preKeys.count,
      preKeysRepeated: account.preKeys.repeated,
      signedPreKeyId: account.keys.signedPreKey.id,
      blocked: account.blocked.size,
      lastSeen: account.lastSeen,
    }));
  }

  /** Ends the account's connection. False when the account is unknown or not connected. */
  disconnect(key: string, how: StreamEnd): boolean {
    const connection = this.#account(key)?.connection;
    connection?.end(how);
    return connection !== undefined;
  }

  /** Orders faults for an account's deliveries. False when the account is unknown. */
  order(key: string, order: FaultOrder): boolean {
    const account = this.#account(key);
    if (!account) return false;
    account.faults.order(order);
    if (!account.faults.pauseAcks) account.connection?.releaseAcks();
    return true;
  }

  /** Which certificate chain clients are shown from now on. */
  showCertificate(kind: CertificateKind): void {
    this.exchange.shown.certificate = kind;
  }

  /** Sends a push call whether or not one is due. Undefined when the account is unknown. */
  async push(key: string): Promise<PushRecord | undefined> {
    const account = this.#account(key);
    return account && this.pushes.send(account);
  }

  records(): Records {
    return this.exchange.records;
  }

  #account(key: string): Account | undefined {
    return this.exchange.accounts.byJid(key) ?? this.exchange.accounts.byIdentifier(key);
  }
}

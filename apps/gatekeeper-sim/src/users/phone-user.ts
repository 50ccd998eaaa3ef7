import type { KeyBundle, LocalUser, Node, Switchboard } from '../seam.js';
import { BoundedList, BoundedMap } from './bounded.js';
import { Inbox, type ReceivedMessage } from './inbox.js';
import { composeOutgoing, type Outgoing } from './outgoing.js';
import { Outbox } from './outbox.js';
import type { PhoneClock, PhoneContext, Refusal } from './phone-context.js';
import { ContentError, PhoneError } from './phone-errors.js';
import { phoneLimits } from './phone-limits.js';
import { post } from './post.js';
import { ReceiptLog, type MessageReceipts } from './receipt-log.js';
import { SignalDevice } from './signal/signal-device.js';
import { readRetryReceipt } from './stanza/retry-receipt.js';
import { bareAccount, childOf, stanzaTime } from './stanza/stanza.js';

export type TypingState = 'composing' | 'paused';

/** The last typing notice of an account; `at` in milliseconds since 1970. */
export interface TypingNotice {
  readonly from: string;
  readonly state: TypingState;
  readonly at: number;
}

export interface PhoneOptions {
  /** Digits of the telephone number, with country code. */
  readonly number: string;
  /** Shown to those it writes to. */
  readonly name?: string;
  readonly switchboard: Switchboard;
  readonly clock?: PhoneClock;
}

/** One of the gatekeeper's own users. Stanzas are handled one after another, in the order of their arrival. */
export class PhoneUser implements LocalUser, PhoneContext {
  readonly number: string;
  readonly name: string | undefined;
  readonly jid: string;
  readonly switchboard: Switchboard;
  readonly clock: PhoneClock;
  private installation: SignalDevice;
  private readonly inbox = new Inbox(this);
  private readonly outbox = new Outbox(this);
  private readonly receiptLog = new ReceiptLog();
  private readonly refused = new BoundedList<Refusal>(phoneLimits.history);
  private readonly changedIdentities = new BoundedList<{ account: string; at: number }>(phoneLimits.history);
  private readonly typingNotices = new BoundedMap<string, TypingNotice>(phoneLimits.history);
  private tail: Promise<void> = Promise.resolve();
  private waiting = 0;

  /** Throws PhoneError `number_invalid` unless the number is 5 to 15 digits. */
  constructor({ number, name, switchboard, clock = { now: () => Date.now() } }: PhoneOptions) {
    if (!/^[1-9]\d{4,14}$/.test(number))
      throw new PhoneError('number_invalid', 'A number has 5 to 15 digits.');
    this.number = number;
    this.name = name;
    this.jid = `${number}@s.whatsapp.net`;
    this.switchboard = switchboard;
    this.clock = clock;
    this.installation = this.install();
  }

  get device(): SignalDevice {
    return this.installation;
  }

  takeBundle(): KeyBundle {
    return this.device.takeBundle();
  }

  receive(node: Node): void {
    const { from, id } = node.attrs;
    if (this.waiting >= phoneLimits.inbox) return this.refuse('inbox_full', { id, from });
    this.waiting += 1;
    this.tail = this.tail
      .then(() => this.handle(node))
      .catch((error: unknown) => this.refuse(codeOf(error), { id, from }))
      .finally(() => {
        this.waiting -= 1;
      });
  }

  /**
   * Sends to an account, named by its JID or by its user-visible identifier, and resolves to the message's id
   * once the gatekeeper has taken it. Throws PhoneError `unknown_recipient`, `unknown_target`,
   * `file_too_large`, `file_refused`, `no_keys`, `bundle_invalid`, `undeliverable` or `busy`.
   */
  async send(to: string, outgoing: Outgoing): Promise<string> {
    const account = this.resolve(to);
    const content = composeOutgoing(outgoing, {
      switchboard: this.switchboard,
      now: this.clock.now(),
      chat: account,
      find: (target) => this.inbox.find(target, account) ?? this.outbox.find(account, target),
    });
    return this.outbox.send(account, content, (id) => this.receiptLog.sent(id, account, this.clock.now()));
  }

  /** Throws PhoneError `unknown_recipient` or `undeliverable`. */
  sendTyping(to: string, state: TypingState): void {
    const account = this.resolve(to);
    const content = [{ tag: state, attrs: {} }];
    post(this, account, { tag: 'chatstate', attrs: { from: this.jid, to: account }, content });
  }

  /** Sends the read receipt of a received message. Throws PhoneError `unknown_target`, `unknown_recipient` or `undeliverable`. */
  markRead(id: string): void {
    const message = this.inbox.find(id);
    if (message === undefined) throw new PhoneError('unknown_target', 'No such message was received.');
    const { author: to } = message;
    const attrs = { id, from: this.jid, to, type: 'read', t: stanzaTime(this.clock.now()) };
    post(this, to, { tag: 'receipt', attrs });
  }

  /** As after a reinstallation: a new identity and new prekeys, no sessions, nothing sent to repeat. Accounts that talked to it are told. */
  rotateIdentity(): void {
    this.installation = this.install();
    this.outbox.forget();
    this.switchboard.onIdentityChange(this.jid);
  }

  received(): ReceivedMessage[] {
    return this.inbox.values();
  }

  receipts(): MessageReceipts[] {
    return this.receiptLog.values();
  }

  typing(): TypingNotice[] {
    return this.typingNotices.values();
  }

  refusals(): Refusal[] {
    return this.refused.values();
  }

  /** Accounts that came back with another identity key. */
  identityChanges(): { account: string; at: number }[] {
    return this.changedIdentities.values();
  }

  refuse(code: string, { id, from }: { id?: string | undefined; from?: string | undefined }): void {
    const about = { ...(id !== undefined && { id }), ...(from !== undefined && { from }) };
    this.refused.push({ ...about, code, at: this.clock.now() });
  }

  private install(): SignalDevice {
    return new SignalDevice((account) => this.changedIdentities.push({ account, at: this.clock.now() }));
  }

  private resolve(to: string): string {
    const account = bareAccount(to) ?? this.switchboard.resolve(to);
    if (account === undefined) throw new PhoneError('unknown_recipient', 'Nobody has that identifier.');
    return account;
  }

  private async handle(node: Node): Promise<void> {
    if (node.tag === 'message') return this.inbox.handle(node);
    const from = bareAccount(node.attrs.from);
    if (from === undefined) return this.refuse('sender_invalid', { id: node.attrs.id });
    if (node.tag === 'receipt') return this.handleReceipt(node, from);
    if (node.tag === 'chatstate') return this.handleChatstate(node, from);
    this.refuse('stanza_unknown', { id: node.attrs.id, from });
  }

  private async handleReceipt(node: Node, from: string): Promise<void> {
    this.receiptLog.note(node, from, this.clock.now());
    if (node.attrs.type !== 'retry') return;
    const request = readRetryReceipt(node);
    if (request === undefined) return this.refuse('retry_malformed', { id: node.attrs.id, from });
    await this.outbox.resend(from, request);
  }

  private handleChatstate(node: Node, from: string): void {
    const state = (['composing', 'paused'] as const).find((tag) => childOf(node, tag) !== undefined);
    if (state === undefined) return this.refuse('chatstate_unknown', { from });
    this.typingNotices.set(from, { from, state, at: this.clock.now() });
  }
}

function codeOf(error: unknown): string {
  return error instanceof ContentError || error instanceof PhoneError ? error.code : 'internal';
}

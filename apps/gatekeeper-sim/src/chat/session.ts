import type { Account, Attached } from '../accounts/account.js';
import type { Exchange } from '../exchange.js';
import type { Node } from '../seam.js';
import { Backlog } from './backlog.js';
import { Delivery } from './delivery.js';
import { answerQuery } from './iq/answer.js';
import { passToUser, takeMessage } from './routing.js';
import { child, node, receiptIds } from './stanzas.js';

/** What a session needs of its connection. */
export interface Line {
  send(node: Node): void;
  /** Says goodbye (with `last`, if given) and closes. */
  goodbye(last?: Node): void;
  /** Cuts at once. */
  cut(): void;
}

/** Acknowledgements that are held back at most; the oldest are let go. */
const heldAcks = 1000;

/** One account's stream from login to close. */
export class Session implements Attached {
  readonly #delivery: Delivery;
  readonly #backlog: Backlog;
  #acks: Node[] = [];

  constructor(
    private readonly exchange: Exchange,
    private readonly account: Account,
    private readonly line: Line,
  ) {
    this.#delivery = new Delivery(account.faults, exchange.clock, (stanza) => {
      exchange.records.count('stanzasSent');
      line.send(stanza);
    });
    this.#backlog = new Backlog(account.queue, line.send.bind(line), (item, offline) =>
      this.#delivery.deliver(item, offline),
    );
  }

  /** Takes the account over, from an older connection if there is one. */
  open(passive: boolean): void {
    const { account, exchange } = this;
    account.connection?.end('replaced');
    account.connection = this;
    account.pushed = false;
    account.lastSeen = exchange.clock.now();
    exchange.records.count('logins');
    if (!passive) this.#backlog.start(exchange.clock.now());
  }

  handle(stanza: Node): void {
    switch (stanza.tag) {
      case 'iq':
        return this.#query(stanza);
      case 'message':
        return this.#acknowledge(takeMessage(this.exchange, this.account, stanza));
      case 'receipt':
        return this.#receipt(stanza);
      case 'chatstate':
        return passToUser(this.exchange, this.account, stanza);
      case 'ack':
        return this.#settle(stanza.attrs['class'] ?? '', stanza.attrs['id'] ?? '', stanza);
      case 'ib': {
        const count = Number(child(stanza, 'offline_batch')?.attrs['count']);
        if (count > 0) this.#backlog.pull(count);
      }
    }
  }

  sendTransient(stanza: Node): void {
    if (this.#backlog.live) this.line.send(stanza);
  }

  pump(): void {
    this.#backlog.pump();
  }

  releaseAcks(): void {
    for (const ack of this.#acks.splice(0)) this.line.send(ack);
  }

  end(how: 'replaced' | 'clean' | 'abrupt'): void {
    this.closed();
    if (how === 'abrupt') return this.line.cut();
    const conflict = node('stream:error', {}, [node('conflict', { type: 'replaced' })]);
    this.line.goodbye(how === 'replaced' ? conflict : undefined);
  }

  /** The connection is gone: the account is offline, unless a newer one has taken over. */
  closed(): void {
    this.#delivery.close();
    if (this.account.connection !== this) return;
    this.account.connection = undefined;
    this.account.lastSeen = this.exchange.clock.now();
  }

  #query(iq: Node): void {
    const { exchange, account } = this;
    const answer = answerQuery({ iq, account, exchange });
    if (!answer) return;
    this.line.send(answer.reply);
    if (!answer.granted) return;
    const { xmlns } = iq.attrs;
    if (xmlns === 'passive' && child(iq, 'active')) this.#backlog.start(exchange.clock.now());
    if (xmlns === 'w:interop') {
      exchange.accounts.remove(account);
      this.end('clean');
    }
  }

  #acknowledge(ack: Node): void {
    if (!this.account.faults.pauseAcks) return this.line.send(ack);
    this.#acks.push(ack);
    if (this.#acks.length > heldAcks) this.#acks.shift();
  }

  #receipt(receipt: Node): void {
    const { id = '', to = '', type } = receipt.attrs;
    const attrs = { class: 'receipt', id, from: to, ...(type !== undefined && { type }) };
    for (const messageId of receiptIds(receipt)) this.#settle('message', messageId);
    this.line.send(node('ack', attrs));
    passToUser(this.exchange, this.account, receipt);
  }

  #settle(stanzaClass: string, id: string, ack?: Node): void {
    const type = ack?.attrs['type'];
    if (!this.account.queue.settle({ class: stanzaClass, id, type })) return;
    this.exchange.records.count(ack?.attrs['error'] === undefined ? 'settled' : 'settledWithError');
  }
}

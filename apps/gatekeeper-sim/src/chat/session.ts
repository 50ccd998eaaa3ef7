import { streamErrors, type Account, type Attached, type StreamEnd } from '../accounts/account.js';
import type { Exchange } from '../exchange.js';
import type { Node } from '../seam.js';
import { Backlog } from './backlog.js';
import { Delivery } from './delivery.js';
import { answerQuery } from './iq/answer.js';
import { passToUser, takeMessage } from './routing.js';
import { SettleWatch } from './settle-watch.js';
import { StanzaRate } from './stanza-rate.js';
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
  readonly #rate: StanzaRate;
  readonly #watch: SettleWatch;
  #acks: Node[] = [];

  constructor(
    private readonly exchange: Exchange,
    private readonly account: Account,
    private readonly line: Line,
  ) {
    const { clock, limits, records } = exchange;
    this.#rate = new StanzaRate(clock, limits);
    this.#watch = new SettleWatch(account.queue, clock, limits.settleMs, () => {
      records.count('closedForUnsettled');
      this.end('unsettled');
    });
    this.#delivery = new Delivery(account.faults, clock, (stanza) => {
      records.count('stanzasSent');
      this.#send(stanza);
      this.#watch.sent();
    });
    this.#backlog = new Backlog(
      account.queue,
      (stanza) => this.#send(stanza),
      (item, offline) => this.#delivery.deliver(item, offline),
      () => clock.now(),
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
    if (!passive) this.#backlog.start();
  }

  handle(stanza: Node): void {
    if (this.account.faults.mute) return;
    if (!this.#rate.take()) {
      this.exchange.records.count('closedForRate');
      return this.end('limited');
    }
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
    if (this.#backlog.live) this.#send(stanza);
  }

  pump(): void {
    this.#backlog.pump();
  }

  releaseAcks(): void {
    for (const ack of this.#acks.splice(0)) this.#send(ack);
  }

  end(how: StreamEnd): void {
    this.closed();
    if (how === 'abrupt') return this.line.cut();
    this.line.goodbye(how === 'clean' ? undefined : streamError(how));
  }

  /** The connection is gone: the account is offline, unless a newer one has taken over. */
  closed(): void {
    this.#delivery.close();
    this.#watch.stop();
    if (this.account.connection !== this) return;
    this.account.connection = undefined;
    this.account.lastSeen = this.exchange.clock.now();
  }

  #send(stanza: Node): void {
    if (!this.account.faults.mute) this.line.send(stanza);
  }

  #query(iq: Node): void {
    const { exchange, account } = this;
    const answer = answerQuery({ iq, account, exchange });
    if (!answer) return;
    this.#send(answer.reply);
    if (!answer.granted) return;
    const { xmlns } = iq.attrs;
    if (xmlns === 'passive' && child(iq, 'active')) this.#backlog.start();
    if (xmlns === 'w:interop') {
      exchange.accounts.remove(account);
      this.end('clean');
    }
  }

  #acknowledge(ack: Node): void {
    if (!this.account.faults.pauseAcks) return this.#send(ack);
    this.#acks.push(ack);
    if (this.#acks.length > heldAcks) this.#acks.shift();
  }

  #receipt(receipt: Node): void {
    const { id = '', to = '', type } = receipt.attrs;
    const attrs = { class: 'receipt', id, from: to, ...(type !== undefined && { type }) };
    for (const messageId of receiptIds(receipt)) this.#settle('message', messageId);
    this.#send(node('ack', attrs));
    passToUser(this.exchange, this.account, receipt);
  }

  #settle(stanzaClass: string, id: string, ack?: Node): void {
    const type = ack?.attrs['type'];
    if (!this.account.queue.settle({ class: stanzaClass, id, type })) return;
    this.exchange.records.count(ack?.attrs['error'] === undefined ? 'settled' : 'settledWithError');
  }
}

function streamError(how: Exclude<StreamEnd, 'clean' | 'abrupt'>): Node {
  const { code, child: tag, type }: { code?: string; child?: string; type?: string } = streamErrors[how];
  const content = tag === undefined ? undefined : [node(tag, type === undefined ? {} : { type })];
  return node('stream:error', code === undefined ? {} : { code }, content);
}

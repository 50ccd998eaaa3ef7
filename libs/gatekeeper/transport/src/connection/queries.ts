import { randomBytes } from 'node:crypto';
import { isServerAddress, type Jid, jidEquals } from '@causeway/jid';
import type { Clock } from '@causeway/lifecycle';
import { child, type Stanza, textAttr } from '@causeway/xml';
import { statusOf } from '../login/refusal.js';
import { UpstreamError } from '../upstream-error.js';
import type { XmppEntity } from '../xmpp/entity.js';
import { Deadline } from './deadline.js';

interface PendingQuery {
  readonly to: string | Jid | undefined;
  readonly deadline: Deadline;
}

export interface QueriesOptions {
  readonly entity: XmppEntity;
  readonly clock: Clock;
  readonly maxQueries: number;
  readonly onSent: () => void;
}

/** Queries in flight: each has a deadline, accepts an answer from its addressee only, and fails with the connection. */
export class Queries {
  private readonly pending = new Map<string, PendingQuery>();

  constructor(private readonly options: QueriesOptions) {}

  get size(): number {
    return this.pending.size;
  }

  /** @throws UpstreamError `query_invalid`, `too_many_queries`, `query_timeout`, `query_refused`, or why the connection ended */
  async run(query: Stanza, timeoutMs: number): Promise<Stanza> {
    const { entity, clock, maxQueries, onSent } = this.options;
    const { type, to } = query.attrs;
    if (query.tag !== 'iq' || (type !== 'get' && type !== 'set')) throw new UpstreamError('query_invalid');
    if (this.pending.size >= maxQueries) throw new UpstreamError('too_many_queries');
    const id = textAttr(query, 'id') ?? newQueryId();
    if (this.pending.has(id)) throw new UpstreamError('query_invalid');
    const deadline = new Deadline(clock);
    this.pending.set(id, { to, deadline });
    deadline.arm(timeoutMs, () => entity.reject(id, new UpstreamError('query_timeout')));
    try {
      onSent();
      return await entity.request({ ...query, attrs: { ...query.attrs, id } });
    } finally {
      deadline.disarm();
      this.pending.delete(id);
    }
  }

  /** Whether this IQ result is the answer to a query, to be routed on. Error answers end their query here. */
  accept(reply: Stanza): boolean {
    const id = textAttr(reply, 'id') ?? '';
    const query = this.pending.get(id);
    if (query === undefined || !answers(reply.attrs['from'], query.to)) return false;
    if (reply.attrs['type'] !== 'error') return true;
    const status = statusOf(textAttr(child(reply, 'error'), 'code'));
    this.options.entity.reject(id, new UpstreamError('query_refused', status));
    return false;
  }

  failAll(error: UpstreamError): void {
    for (const id of this.pending.keys()) this.options.entity.reject(id, error);
  }
}

/** @returns an id that cannot be guessed: an answer is matched by it. */
function newQueryId(): string {
  return randomBytes(10).toString('hex').toUpperCase();
}

/**
 * The gatekeeper itself (no user in the address, or no address) may answer everything, a user only what was asked of
 * that user. A text names nobody but the gatekeeper, whose bare name some write as a token.
 */
function answers(from: string | Jid | undefined, to: string | Jid | undefined): boolean {
  if (from === undefined) return true;
  if (typeof from === 'string') return isServerAddress(from);
  return from.user === '' || (typeof to === 'object' && jidEquals(from, to));
}

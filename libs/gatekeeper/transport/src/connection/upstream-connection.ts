import { type Clock, systemClock } from '@causeway/lifecycle';
import type { NoiseStaticKey } from '@causeway/noise';
import { child, stanza, type Stanza } from '@causeway/xml';
import { type LoginPayload, loginPayloadBytes } from '../login/login-payload.js';
import { loginFailure, streamFailure } from '../login/refusal.js';
import { UpstreamError, upstreamError } from '../upstream-error.js';
import type { WireProfile } from '../wire-profile.js';
import type { DecodedFrame, UnreadableStanza } from '../wire/wire-codec.js';
import { wireUrl } from '../wire/wire-url.js';
import { WireSocket, type WireSocketOptions } from '../wire/wire-socket.js';
import { createEntity, type XmppEntity } from '../xmpp/entity.js';
import { Deadline } from './deadline.js';
import { Delivery } from './delivery.js';
import { Keepalive } from './keepalive.js';
import { Queries } from './queries.js';

/** Where a connection reports what it met; codes and counts only. */
export interface TransportLogger {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface UpstreamConnectionOptions {
  readonly profile: WireProfile;
  readonly noiseKey: NoiseStaticKey;
  readonly login: LoginPayload;
  /** What an earlier connection was told by `<ib><edge_routing>`: sent before the header, and no part of the prologue. */
  readonly edgeRouting?: Uint8Array;
  /** As `WireSocketOptions.dial`. */
  readonly dial?: WireSocketOptions['dial'];
  /** Of the request that opens the WebSocket: what a proxy has to tell of its client. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A stanza that is no answer to a query. Reading stops while `maxInFlight` returned promises are unsettled. */
  readonly onStanza: (stanza: Stanza) => void | Promise<void>;
  /** A stanza that was damaged or beyond the limits; to be refused by the id in its head. */
  readonly onUnreadable: (unreadable: UnreadableStanza) => void;
  /** Called once, when a connection that was asked to connect is over: by `close` (code `closed`) or for any other reason. */
  readonly onClosed: (reason: UpstreamError) => void;
  readonly logger: TransportLogger;
  readonly clock?: Clock;
  /** In [0, 1), for the jitter of pings. */
  readonly random?: () => number;
}

export interface LoginSuccess {
  /** Attributes of `<success>`. */
  readonly attrs: Readonly<Record<string, string>>;
  /** The gatekeeper's time in seconds since 1970, if it said so. */
  readonly serverTime?: number;
}

/** Stanzas that the gatekeeper acknowledges: silence after one says as much as after a query. */
const ANSWERED: ReadonlySet<string> = new Set(['message', 'receipt']);

type LoginOnly = 'noiseKey' | 'login' | 'edgeRouting' | 'dial' | 'headers';
type State = 'new' | 'connecting' | 'online' | 'closing' | 'closed';

/**
 * One login at the gatekeeper, from dialling to the end. It never dials again: whether and when to log in anew is the
 * business of the session's owner, for whom every error carries an advice.
 */
export class UpstreamConnection {
  /** Without what only the login needs. */
  private readonly options: Omit<UpstreamConnectionOptions, LoginOnly>;
  private readonly clock: Clock;
  private readonly deadline: Deadline;
  private readonly wire: WireSocket;
  private readonly entity: XmppEntity;
  private readonly queries: Queries;
  private readonly keepalive: Keepalive;
  private readonly delivery: Delivery;
  private state: State = 'new';
  private pings = 0;
  private reason: UpstreamError | undefined;
  private readonly outcome = Promise.withResolvers<LoginSuccess>();

  /** @throws UpstreamError `host_refused` for a URL that may not be dialled; ContentError for a login payload that does not fit */
  constructor({ noiseKey, login, edgeRouting, dial, headers, ...options }: UpstreamConnectionOptions) {
    this.options = options;
    const { profile, random = Math.random } = options;
    this.clock = options.clock ?? systemClock;
    this.deadline = new Deadline(this.clock);
    // Nobody may be waiting for it: then `onClosed` alone tells.
    this.outcome.promise.catch(() => undefined);
    wireUrl(profile.url);
    const payload = loginPayloadBytes(login);
    this.wire = new WireSocket({
      profile,
      noiseKey,
      payload,
      ...(edgeRouting !== undefined && { routingInfo: edgeRouting }),
      ...(dial !== undefined && { dial }),
      ...(headers !== undefined && { headers }),
      now: () => this.clock.now(),
    });
    this.wire.on('connect', () => this.onHandshaken());
    this.wire.on('data', (frame) => this.onFrame(frame));
    this.wire.on('error', (error) => this.end(error));
    this.entity = createEntity(
      this.wire,
      profile,
      (received) => this.delivery.push(received),
      (error) => this.report(error, 'middleware failed'),
    );
    this.queries = new Queries({
      entity: this.entity,
      clock: this.clock,
      maxQueries: profile.limits.maxQueries,
      onSent: () => this.keepalive.sent(),
    });
    this.keepalive = new Keepalive({
      clock: this.clock,
      limits: profile.limits,
      random,
      busy: () => this.queries.size > 0,
      ping: (query) => this.ping(query),
      onDead: () => this.end(new UpstreamError('connection_lost')),
    });
    this.delivery = new Delivery({
      maxInFlight: profile.limits.maxInFlight,
      handle: options.onStanza,
      pause: () => {
        this.keepalive.suspend(true);
        this.wire.pause();
      },
      resume: () => {
        this.keepalive.suspend(false);
        this.wire.resume();
      },
      onError: (error) => this.report(error, 'stanza handler failed'),
    });
  }

  /**
   * Dial, shake hands, log in. Once per instance.
   *
   * @throws UpstreamError why there is no login; `onClosed` is called as well
   */
  async connect(): Promise<LoginSuccess> {
    if (this.state !== 'new') throw this.reason ?? new UpstreamError('not_connected');
    this.state = 'connecting';
    const { connectMs } = this.options.profile.limits;
    this.deadline.arm(connectMs, () => this.end(new UpstreamError('connect_timeout')));
    this.entity.open().catch((error: unknown) => this.end(upstreamError(error, 'connect_failed')));
    return this.outcome.promise;
  }

  /**
   * Send an IQ of type `get` or `set` and wait for its result. An id is added where there is none.
   *
   * @throws UpstreamError `query_refused` with the gatekeeper's code, `query_timeout`, `too_many_queries`,
   * `query_invalid`, the codes of `send`, or why the connection ended
   */
  async query(query: Stanza, { timeoutMs = this.options.profile.limits.queryMs } = {}): Promise<Stanza> {
    this.assertOnline();
    try {
      return await this.queries.run(query, timeoutMs);
    } catch (error) {
      throw upstreamError(error, 'connection_lost');
    }
  }

  /**
   * Write a stanza to the socket. That the gatekeeper took it is said by its own acknowledgement alone.
   *
   * @throws UpstreamError `not_connected`, `not_encodable`, `send_buffer_full`, `connection_lost`
   */
  async send(outgoing: Stanza): Promise<void> {
    this.assertOnline();
    try {
      await this.entity.send(outgoing);
      if (ANSWERED.has(outgoing.tag)) this.keepalive.sent();
    } catch (error) {
      throw upstreamError(error, 'connection_lost');
    }
  }

  /** End the connection; resolves when it is over, at the latest after `closeMs`. */
  async close(): Promise<void> {
    if (this.state === 'closed') return;
    if (this.state === 'new') return this.end(new UpstreamError('closed'));
    this.state = 'closing';
    this.deadline.disarm();
    this.keepalive.stop();
    this.queries.failAll(new UpstreamError('closed'));
    await new Promise<void>((resolve) => {
      this.wire.once('close', () => resolve());
      this.deadline.arm(this.options.profile.limits.closeMs, resolve);
      this.wire.end();
    });
    this.end(new UpstreamError('closed'));
  }

  private assertOnline(): void {
    if (this.state !== 'online') throw this.reason ?? new UpstreamError('not_connected');
  }

  private onHandshaken(): void {
    const { loginMs } = this.options.profile.limits;
    this.deadline.arm(loginMs, () => this.end(new UpstreamError('login_timeout')));
  }

  private onFrame(frame: DecodedFrame): void {
    // What comes while closing stays unacknowledged, so it is delivered again.
    if (this.state === 'closing' || this.state === 'closed') return;
    this.keepalive.heard();
    if ('unreadable' in frame) {
      this.options.logger.warn({ code: frame.unreadable.code }, 'stanza unreadable');
      this.guarded(() => this.options.onUnreadable(frame.unreadable));
      return;
    }
    const received = frame.stanza;
    switch (received.tag) {
      case 'success':
        return this.onSuccess(received);
      case 'failure':
        return this.end(loginFailure(received));
      case 'stream:error':
        return this.end(streamFailure(received));
      case 'xmlstreamend':
        return this.end(new UpstreamError('stream_ended'));
      case 'iq':
        return this.onIq(received);
      default:
        return this.entity.route(received);
    }
  }

  private onSuccess({ attrs }: Stanza): void {
    if (this.state !== 'connecting') return;
    const t = Number(attrs['t']);
    this.state = 'online';
    this.deadline.disarm();
    this.keepalive.start();
    this.entity.ready();
    this.outcome.resolve({ attrs, ...(Number.isSafeInteger(t) && t > 0 && { serverTime: t }) });
  }

  /** Requests stay clear of @xmpp, which would answer what it does not know with an error of its own. */
  private onIq(iq: Stanza): void {
    const { type } = iq.attrs;
    if (type === 'get' || type === 'set') {
      if (isPing(iq)) this.pong(iq);
      else this.delivery.push(iq);
    } else if (this.queries.accept(iq)) {
      this.entity.route(iq);
    }
  }

  /**
   * Nobody waits for the answer: that anything comes says all. So it takes the short way, past the callers of queries, and
   * its id may be guessed.
   */
  private ping(query: Stanza): void {
    try {
      this.wire.send({ ...query, attrs: { ...query.attrs, id: String(++this.pings) } });
      this.keepalive.sent();
    } catch (error) {
      this.report(error, 'ping failed');
    }
  }

  private pong({ attrs }: Stanza): void {
    const answer = stanza('iq', { to: attrs['from'] ?? 's.whatsapp.net', id: attrs['id'], type: 'result' });
    this.entity.send(answer).catch((error: unknown) => this.report(error, 'pong failed'));
  }

  private end(error: UpstreamError): void {
    if (this.state === 'closed') return;
    const reason = this.state === 'closing' ? new UpstreamError('closed') : error;
    const started = this.state !== 'new';
    this.state = 'closed';
    this.reason = reason;
    this.deadline.disarm();
    this.keepalive.stop();
    this.queries.failAll(reason);
    this.wire.destroy(reason);
    this.outcome.reject(reason);
    if (started) this.guarded(() => this.options.onClosed(reason));
  }

  /** A callback's own error must not end the process through a socket's event. */
  private guarded(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.options.logger.warn({ code: upstreamError(error, 'wire_broken').code }, 'callback failed');
    }
  }

  private report(error: unknown, message: string): void {
    if (this.state === 'closed') return;
    this.options.logger.warn({ code: upstreamError(error, 'wire_broken').code }, message);
  }
}

function isPing(iq: Stanza): boolean {
  const { xmlns, type } = iq.attrs;
  if (type !== 'get') return false;
  return xmlns === 'urn:xmpp:ping' || xmlns === 'w:p' || child(iq, 'ping') !== undefined;
}

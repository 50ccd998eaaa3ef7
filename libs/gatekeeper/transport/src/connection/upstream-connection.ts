import { type Clock, systemClock } from '@causeway/lifecycle';
import type { NoiseStaticKey } from '@causeway/noise';
import { child, stanza, type Stanza } from '@causeway/xml';
import { gatekeeper } from './gatekeeper-address.js';
import { type LoginPayload, loginPayloadBytes } from '../login/login-payload.js';
import { loginFailure, streamFailure } from '../login/refusal.js';
import { UpstreamError, upstreamError } from '../upstream-error.js';
import type { WireProfile } from '../wire-profile.js';
import type { DecodedFrame, UnreadableStanza } from '../wire/wire-codec.js';
import { wireUrl } from '../wire/wire-url.js';
import { WireSocket, type WireSocketOptions } from '../wire/wire-socket.js';
import { createEntity, type XmppEntity } from '../xmpp/entity.js';
import { ConnectionLifecycle, type TransportLogger } from './connection-lifecycle.js';
import { Delivery } from './delivery.js';
import { Keepalive } from './keepalive.js';
import { Queries } from './queries.js';

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
  readonly attrs: Stanza['attrs'];
  /** The gatekeeper's time in seconds since 1970, if it said so. */
  readonly serverTime?: number;
}

/** Stanzas that the gatekeeper acknowledges: silence after one says as much as after a query. */
const ANSWERED: ReadonlySet<string> = new Set(['message', 'receipt']);

type LoginOnly = 'noiseKey' | 'login' | 'edgeRouting' | 'dial' | 'headers';

/**
 * One login at the gatekeeper, from dialling to the end. It never dials again: whether and when to log in anew is the
 * business of the session's owner, for whom every error carries an advice.
 */
export class UpstreamConnection {
  /** Without what only the login needs. */
  private readonly options: Omit<UpstreamConnectionOptions, LoginOnly>;
  private readonly clock: Clock;
  private readonly lifecycle: ConnectionLifecycle<LoginSuccess>;
  private readonly wire: WireSocket;
  private readonly entity: XmppEntity;
  private readonly queries: Queries;
  private readonly keepalive: Keepalive;
  private readonly delivery: Delivery;
  private pings = 0;

  /** @throws UpstreamError `host_refused` for a URL that may not be dialled; ContentError for a login payload that does not fit */
  constructor({ noiseKey, login, edgeRouting, dial, headers, ...options }: UpstreamConnectionOptions) {
    this.options = options;
    const { profile, random = Math.random } = options;
    this.clock = options.clock ?? systemClock;
    const { logger, onClosed } = options;
    const release = (reason: UpstreamError): void => this.release(reason);
    this.lifecycle = new ConnectionLifecycle({ clock: this.clock, logger, onClosed, release });
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
    this.wire.on('error', (error) => this.lifecycle.end(error));
    this.entity = createEntity(
      this.wire,
      profile,
      (received) => this.delivery.push(received),
      (error) => this.lifecycle.report(error, 'middleware failed'),
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
      onDead: () => this.lifecycle.end(new UpstreamError('connection_lost')),
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
      onError: (error) => this.lifecycle.report(error, 'stanza handler failed'),
    });
  }

  /**
   * Dial, shake hands, log in. Once per instance.
   *
   * @throws UpstreamError why there is no login; `onClosed` is called as well
   */
  async connect(): Promise<LoginSuccess> {
    return this.lifecycle.begin(() => {
      this.lifecycle.expire(this.options.profile.limits.connectMs, 'connect_timeout');
      return this.entity.open();
    });
  }

  /**
   * Send an IQ of type `get` or `set` and wait for its result. An id is added where there is none.
   *
   * @throws UpstreamError `query_refused` with the gatekeeper's code, `query_timeout`, `too_many_queries`,
   * `query_invalid`, the codes of `send`, or why the connection ended
   */
  async query(query: Stanza, { timeoutMs = this.options.profile.limits.queryMs } = {}): Promise<Stanza> {
    this.lifecycle.assertOnline();
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
    this.lifecycle.assertOnline();
    try {
      await this.entity.send(outgoing);
      if (ANSWERED.has(outgoing.tag)) this.keepalive.sent();
    } catch (error) {
      throw upstreamError(error, 'connection_lost');
    }
  }

  /** End the connection; resolves when it is over, at the latest after `closeMs`. */
  close(): Promise<void> {
    return this.lifecycle.close(this.options.profile.limits.closeMs, (done) => {
      this.keepalive.stop();
      this.queries.failAll(new UpstreamError('closed'));
      this.wire.once('close', () => done());
      this.wire.end();
    });
  }

  private onHandshaken(): void {
    this.lifecycle.expire(this.options.profile.limits.loginMs, 'login_timeout');
  }

  private onFrame(frame: DecodedFrame): void {
    // What comes while closing stays unacknowledged, so it is delivered again.
    if (this.lifecycle.over) return;
    this.keepalive.heard();
    if ('unreadable' in frame) {
      this.options.logger.warn({ code: frame.unreadable.code }, 'stanza unreadable');
      this.lifecycle.guarded(() => this.options.onUnreadable(frame.unreadable));
      return;
    }
    const received = frame.stanza;
    switch (received.tag) {
      case 'success':
        return this.onSuccess(received);
      case 'failure':
        return this.lifecycle.end(loginFailure(received));
      case 'stream:error':
        return this.lifecycle.end(streamFailure(received));
      case 'xmlstreamend':
        return this.lifecycle.end(new UpstreamError('stream_ended'));
      case 'iq':
        return this.onIq(received);
      default:
        return this.entity.route(received);
    }
  }

  private onSuccess({ attrs }: Stanza): void {
    if (this.lifecycle.state !== 'connecting') return;
    const t = Number(attrs['t']);
    this.keepalive.start();
    this.entity.ready();
    this.lifecycle.online({ attrs, ...(Number.isSafeInteger(t) && t > 0 && { serverTime: t }) });
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
      this.lifecycle.report(error, 'ping failed');
    }
  }

  private pong({ attrs }: Stanza): void {
    const answer = stanza('iq', { to: attrs['from'] ?? gatekeeper, id: attrs['id'], type: 'result' });
    this.entity.send(answer).catch((error: unknown) => this.lifecycle.report(error, 'pong failed'));
  }

  private release(reason: UpstreamError): void {
    this.keepalive.stop();
    this.queries.failAll(reason);
    this.wire.destroy(reason);
  }
}

function isPing(iq: Stanza): boolean {
  const { xmlns, type } = iq.attrs;
  if (type !== 'get') return false;
  return xmlns === 'urn:xmpp:ping' || xmlns === 'w:p' || child(iq, 'ping') !== undefined;
}

import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { type Clock, systemClock } from '@causeway/lifecycle';
import { stanza, type Stanza } from '@causeway/xml';
import { ConnectionLifecycle, type TransportLogger } from '../connection/connection-lifecycle.js';
import { Delivery } from '../connection/delivery.js';
import { Keepalive } from '../connection/keepalive.js';
import { Queries } from '../connection/queries.js';
import { UpstreamError, upstreamError } from '../upstream-error.js';
import type { UnreadableStanza } from '../wire/wire-codec.js';
import { ManagedStream } from './management/managed-stream.js';
import type { Resumptions } from './management/resumptions.js';
import { ns } from './namespaces.js';
import type { Rfc6120Login, Rfc6120Profile } from './rfc6120-profile.js';
import { Mailroom } from './stanzas/mailroom.js';
import { answerTo, translateQuery } from './stanzas/queries.js';
import { availablePresence } from './stanzas/outgoing.js';
import { Negotiation } from './stream/negotiation.js';
import { bindingFailureOf, streamFailureOf } from './stream/features.js';
import { SecureSocket } from './stream/secure-socket.js';
import { createStreamEntity, type StreamEntity } from './stream/stream-entity.js';

export interface Rfc6120ConnectionOptions {
  readonly profile: Rfc6120Profile;
  readonly login: Rfc6120Login;
  /**
   * Opens a TCP connection to the profile's one address, without TLS. Called once: whatever the server says, no other
   * address is dialled. An error that is no UpstreamError becomes `connect_failed`.
   */
  readonly dial: () => Promise<Socket>;
  /** Where sessions that outlive their connection are kept, and under which key. */
  readonly resumptions: Resumptions;
  readonly sessionKey: string;
  /** A stanza in the form that sessions read. Reading stops while `maxInFlight` returned promises are unsettled. */
  readonly onStanza: (stanza: Stanza) => void | Promise<void>;
  /** A message that holds nothing for a device; to be refused by its head. */
  readonly onUnreadable: (unreadable: UnreadableStanza) => void;
  /** Called once, when a connection that was asked to connect is over. */
  readonly onClosed: (reason: UpstreamError) => void;
  readonly logger: TransportLogger;
  readonly clock?: Clock;
  /** In [0, 1), for the jitter of pings. */
  readonly random?: () => number;
}

export interface Rfc6120Success {
  /** The address of the account, as the server bound it, without a resource. */
  readonly account: string;
}

/**
 * One login at an XMPP server, from dialling to the end, with the same face as a login over the other wire: stanzas are
 * translated on their way. It never dials again; a session that the server still keeps is resumed by the next login.
 */
export class Rfc6120Connection {
  private readonly clock: Clock;
  private readonly lifecycle: ConnectionLifecycle<Rfc6120Success>;
  private readonly socket: SecureSocket;
  private readonly entity: StreamEntity;
  private readonly queries: Queries;
  private readonly keepalive: Keepalive;
  private readonly delivery: Delivery;
  private readonly negotiation: Negotiation;
  private managed: ManagedStream | undefined;
  private mailroom: Mailroom | undefined;
  private readonly held = new Set<'handlers' | 'unsettled'>();

  constructor(private readonly options: Rfc6120ConnectionOptions) {
    const { profile, login, resumptions, sessionKey, random = Math.random } = options;
    this.clock = options.clock ?? systemClock;
    const { logger, onClosed } = options;
    const release = (reason: UpstreamError): void => this.release(reason);
    this.lifecycle = new ConnectionLifecycle({ clock: this.clock, logger, onClosed, release });
    this.socket = new SecureSocket(profile, options.dial);
    this.socket.on('connect', () => this.lifecycle.expire(profile.limits.loginMs, 'login_timeout'));
    this.socket.on('error', (error) => this.lifecycle.end(error));
    this.entity = createStreamEntity(this.socket, profile, login, {
      onStanza: (received) => this.onElement(received),
      onStreamEnd: () => this.lifecycle.end(new UpstreamError('stream_ended')),
      onUnreadable: (error) => this.onBroken(error),
      onLogin: (scram) => this.negotiation.begun(scram),
      onBound: (address) => this.negotiation.bound(address),
      onError: (error) => this.onXmppError(error),
    });
    this.negotiation = new Negotiation(profile, this.entity, resumptions.take(sessionKey));
    this.queries = new Queries({
      // A query is a stanza like others: the server counts it.
      entity: {
        ...this.entity,
        request: (query) =>
          this.managed?.request(query) ?? Promise.reject(new UpstreamError('not_connected')),
      },
      clock: this.clock,
      maxQueries: profile.limits.maxQueries,
      onSent: () => this.keepalive.sent(),
    });
    this.keepalive = new Keepalive({
      clock: this.clock,
      limits: profile.limits,
      random,
      busy: () => this.queries.size > 0,
      ping: (query) =>
        void this.query(query).catch((error: unknown) => this.lifecycle.report(error, 'ping failed')),
      onDead: () => this.lifecycle.end(new UpstreamError('connection_lost')),
    });
    this.delivery = new Delivery({
      maxInFlight: profile.limits.maxInFlight,
      handle: options.onStanza,
      pause: () => this.reading('handlers', false),
      resume: () => this.reading('handlers', true),
      onError: (error) => this.lifecycle.report(error, 'stanza handler failed'),
    });
  }

  /**
   * Dial, encrypt, log in, and resume or bind. Once per instance.
   *
   * @throws UpstreamError why there is no login; `onClosed` is called as well
   */
  async connect(): Promise<Rfc6120Success> {
    return this.lifecycle.begin(() => {
      this.lifecycle.expire(this.options.profile.limits.connectMs, 'connect_timeout');
      return this.entity.open();
    });
  }

  /**
   * Ask the server, in the words of a session.
   *
   * @throws UpstreamError `not_supported`, `query_refused`, `query_timeout`, `too_many_queries`, the codes of `send`, or
   * why the connection ended
   */
  async query(query: Stanza, { timeoutMs = this.options.profile.limits.queryMs } = {}): Promise<Stanza> {
    this.lifecycle.assertOnline();
    const translated = translateQuery(query, this.options.profile.domain);
    try {
      if ('announce' in translated) {
        await this.managed?.send(availablePresence());
        return stanza('iq', { type: 'result' });
      }
      return await this.queries.run(translated.query, timeoutMs);
    } catch (error) {
      throw upstreamError(error, 'connection_lost');
    }
  }

  /**
   * Send a stanza of a session. That the server has a message is said by an `ack` of it.
   *
   * @throws UpstreamError `not_supported`, `not_connected`, `not_encodable`, `send_buffer_full`, `connection_lost`
   */
  async send(outgoing: Stanza): Promise<void> {
    this.lifecycle.assertOnline();
    try {
      await this.mailroom?.send(outgoing);
    } catch (error) {
      throw upstreamError(error, 'connection_lost');
    }
  }

  /** End the session; nothing of it is kept. Resolves when it is over, at the latest after `closeMs`. */
  close(): Promise<void> {
    return this.lifecycle.close(this.options.profile.limits.closeMs, (done) => {
      this.keepalive.stop();
      this.queries.failAll(new UpstreamError('closed'));
      this.socket.once('close', () => done());
      this.managed?.finish();
      this.socket.end();
    });
  }

  /** Nothing that a handler meets may reach the socket's event, or the process would end. */
  private onElement(received: Stanza): void {
    if (this.lifecycle.over) return;
    this.keepalive.heard();
    try {
      if (received.tag === 'stream:error') throw streamFailureOf(received);
      if (this.lifecycle.state === 'connecting') this.onNegotiated(received);
      else this.onOnline(received);
    } catch (error) {
      this.lifecycle.end(upstreamError(error, 'wire_broken'));
    }
  }

  private onNegotiated(received: Stanza): void {
    const session = this.negotiation.accept(received);
    if (session === undefined) return;
    const { profile, logger } = this.options;
    this.managed = new ManagedStream(session, profile.limits, this.entity, () => this.keepalive.sent());
    this.mailroom = new Mailroom({
      managed: this.managed,
      domain: profile.domain,
      maxUnsettled: profile.limits.maxUnsettled,
      now: () => this.clock.now(),
      newId: () => randomBytes(10).toString('hex'),
      deliver: (translated) => this.delivery.push(translated),
      unreadable: (head) =>
        this.lifecycle.guarded(() => this.options.onUnreadable({ code: 'not_supported', head })),
      reading: (open) => this.reading('unsettled', open),
      warn: (code, message) => logger.warn({ code }, message),
    });
    this.keepalive.start();
    if (session.resumed) this.entity.ready();
    this.mailroom.begin();
    this.lifecycle.online({ account: this.managed.account });
  }

  private onOnline(received: Stanza): void {
    const { managed, mailroom } = this;
    if (managed === undefined || mailroom === undefined) return;
    if (received.attrs['xmlns'] === ns.management) {
      mailroom.acknowledged(managed.control(received));
      return;
    }
    switch (received.tag) {
      case 'message':
        return mailroom.receive(received);
      case 'iq':
        managed.settle(managed.received().number);
        return this.onIq(received, managed);
      case 'presence':
        managed.settle(managed.received().number);
    }
  }

  private onIq(iq: Stanza, managed: ManagedStream): void {
    const { type } = iq.attrs;
    if (type === 'get' || type === 'set') {
      managed.send(answerTo(iq)).catch((error: unknown) => this.lifecycle.report(error, 'answer failed'));
      return;
    }
    // Only the server, and the account itself, answer what is asked here.
    const known: readonly unknown[] = [
      undefined,
      this.options.profile.domain,
      managed.account,
      managed.address,
    ];
    const { from, ...attrs } = iq.attrs;
    if (!known.includes(from)) return;
    // Whichever it was, it speaks for the server: an answer without a sender is the server's own.
    const answer = { ...iq, attrs };
    if (this.queries.accept(answer)) this.entity.route(answer);
  }

  /** A stanza that cannot be parsed counts as handled: or the server would send it again for ever. */
  private onBroken(error: UpstreamError): void {
    if (this.lifecycle.state === 'online') this.managed?.skip();
    this.lifecycle.end(error);
  }

  private onXmppError(error: unknown): void {
    if (this.lifecycle.state === 'connecting')
      this.lifecycle.end(upstreamError(error, bindingFailureOf(error)));
    else this.lifecycle.report(error, 'middleware failed');
  }

  /** While anybody holds reading up, silence says nothing about the server. */
  private reading(cause: 'handlers' | 'unsettled', open: boolean): void {
    if (open) this.held.delete(cause);
    else this.held.add(cause);
    const flow = this.held.size === 0;
    this.keepalive.suspend(!flow);
    if (flow) this.socket.resume();
    else this.socket.pause();
  }

  private release(reason: UpstreamError): void {
    this.keepSession(reason);
    this.keepalive.stop();
    this.queries.failAll(reason);
    this.entity.rejectAll(reason);
    this.managed?.stop();
    this.socket.destroy(reason);
  }

  /** What the server keeps after a loss is kept here, too, also by an attempt that did not get as far as to resume it. */
  private keepSession({ code }: UpstreamError): void {
    const { resumptions, sessionKey, profile } = this.options;
    const lost = code === 'connection_lost' || code === 'wire_broken';
    const kept =
      this.managed === undefined ? this.negotiation.unused : lost ? this.managed.resumption : undefined;
    if (kept !== undefined) resumptions.keep(sessionKey, kept, profile.limits.resumeSeconds);
  }
}

import type { DownstreamEvent } from '@causeway/contracts/downstream';
import type { SessionEvent } from '@causeway/contracts/session';
import type { UpstreamEvent } from '@causeway/contracts/upstream';
import type { SessionKey } from '@causeway/contracts/ids';
import type { TokenRequest, TokenResponse } from '@causeway/contracts/accounts';
import type { Stanza } from '@causeway/xml';

/** What a device answers about its Noise key is for the login that asks, and no command. */
type CommandType = Exclude<UpstreamEvent['type'], 'noise.dh.answer'>;

/** A command as the topic carries it, by its type. */
export type Command<Type extends CommandType = CommandType> = Extract<UpstreamEvent, { type: Type }>;

/** What to do after an end. */
export type EndAdvice =
  /** Log in again at once. */
  | 'restart'
  /** Log in again soon. */
  | 'reconnect'
  /** Log in again, later each time. */
  | 'back-off'
  /** As `back-off`, some steps later. */
  | 'slow-down'
  /** Log in again so that the gatekeeper delivers again, later each time, however well the login itself went. */
  | 'redeliver'
  /** Log in again when `waitMs` is over. */
  | 'pause'
  /** Log in again with a token that was not used before. */
  | 'fresh-token'
  /** Another connection took over. */
  | 'check-owner'
  /** Logging in again would not help. */
  | 'stop';

/** Why an upstream connection ended, and what to do about it. */
export interface LinkEnd {
  readonly code: string;
  readonly advice: EndAdvice;
  /** How long the gatekeeper wants to be left alone, milliseconds; with `pause` alone. */
  readonly waitMs?: number;
  /** The gatekeeper's own number, where it gave one: of a refused query the code of the IQ's error. */
  readonly status?: number;
}

/** A login that the gatekeeper took. */
export interface LoggedIn {
  /** The account's address at the gatekeeper, as peers see it and without a device: its form is the wire's. */
  readonly address: string;
}

/** One upstream connection, from login to its end. */
export interface UpstreamLink {
  /** Connects and logs in. @throws {LinkRefused} */
  connect(): Promise<LoggedIn>;
  /** Sends an IQ and waits for its result. @throws {LinkRefused} on an error answer, a deadline or a lost connection */
  query(request: Stanza, timeoutMs: number): Promise<Stanza>;
  /** @throws {LinkRefused} when the connection is gone or its buffer is full */
  send(outgoing: Stanza): Promise<void>;
  /** Reading from the gatekeeper stops while too many returned promises are unsettled. */
  onStanza(handle: (received: Stanza) => Promise<void>): void;
  /** A stanza was damaged or beyond the limits; its head (tag and attributes) could be read. */
  onUnreadable(handle: (head: Stanza) => Promise<void>): void;
  onEnd(handle: (end: LinkEnd) => void): void;
  close(): Promise<void>;
}

/** A connection or a request on it failed. */
export class LinkRefused extends Error {
  override readonly name = 'LinkRefused';

  constructor(
    readonly end: LinkEnd,
    options?: ErrorOptions,
  ) {
    super(end.code, options);
  }
}

/** Opens connections to the profile's gatekeeper. */
export interface LinkFactory {
  create(login: {
    sessionKey: SessionKey;
    /** Of the device's connection that the login is for. */
    epoch: number;
    token: TokenResponse;
    reason: Command<'open'>['reason'];
    /** What the gatekeeper wants to be told before the header, by an earlier login of this session. */
    edgeRouting?: Uint8Array;
  }): Promise<UpstreamLink>;
}

/** Where tokens come from: accounts, and nobody else. */
export interface TokenSource {
  /** @throws {TokenDenied} */
  get(request: TokenRequest): Promise<TokenResponse>;
}

/** Accounts minted no token. */
export class TokenDenied extends Error {
  override readonly name = 'TokenDenied';

  constructor(
    readonly code: string,
    /** False when asking again later can succeed. */
    readonly final: boolean,
    options?: ErrorOptions,
  ) {
    super(code, options);
  }
}

/** Where a session's events go; calls are kept in order. */
export interface SessionEvents {
  downstream(event: DownstreamEvent): Promise<void>;
  session(event: SessionEvent): Promise<void>;
}

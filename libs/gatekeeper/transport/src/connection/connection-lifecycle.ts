import type { Clock } from '@causeway/lifecycle';
import { UpstreamError, upstreamError } from '../upstream-error.js';
import { Deadline } from './deadline.js';

/** Where a connection reports what it met; codes and counts only. */
export interface TransportLogger {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export type ConnectionState = 'new' | 'connecting' | 'online' | 'closing' | 'closed';

export interface ConnectionLifecycleOptions {
  readonly clock: Clock;
  readonly logger: TransportLogger;
  /** Stops and frees what the connection holds; called once, before anybody is told of the end. */
  readonly release: (reason: UpstreamError) => void;
  /** Called once, when a connection that was asked to connect is over. */
  readonly onClosed: (reason: UpstreamError) => void;
}

/**
 * How far one login has come, from `new` to its one end, on every wire: who waits for it is told how it went, its owner
 * that it is over, and both once. What comes after the end changes nothing.
 */
export class ConnectionLifecycle<Success> {
  private current: ConnectionState = 'new';
  private reason: UpstreamError | undefined;
  private closing: Promise<void> | undefined;
  private hungUp: () => void = () => undefined;
  private readonly deadline: Deadline;
  private readonly outcome = Promise.withResolvers<Success>();

  constructor(private readonly options: ConnectionLifecycleOptions) {
    this.deadline = new Deadline(options.clock);
    // Nobody may be waiting for it: then `onClosed` alone tells.
    this.outcome.promise.catch(() => undefined);
  }

  get state(): ConnectionState {
    return this.current;
  }

  /** Nothing that comes is of interest any more. */
  get over(): boolean {
    return this.current === 'closing' || this.current === 'closed';
  }

  /** Connect, once per instance. @returns what `online` gives. @throws UpstreamError why there is no login */
  async begin(open: () => Promise<unknown>): Promise<Success> {
    if (this.current !== 'new') throw this.reason ?? new UpstreamError('not_connected');
    this.current = 'connecting';
    open().catch((error: unknown) => this.end(upstreamError(error, 'connect_failed')));
    return this.outcome.promise;
  }

  /** Give up after so many milliseconds, unless the login is over by then; takes the place of an earlier deadline. */
  expire(ms: number, code: 'connect_timeout' | 'login_timeout'): void {
    if (this.current === 'connecting') this.deadline.arm(ms, () => this.end(new UpstreamError(code)));
  }

  /** The login succeeded. */
  online(success: Success): void {
    if (this.current !== 'connecting') return;
    this.current = 'online';
    this.deadline.disarm();
    this.outcome.resolve(success);
  }

  /** @throws UpstreamError why the connection ended, or `not_connected` */
  assertOnline(): void {
    if (this.current !== 'online') throw this.reason ?? new UpstreamError('not_connected');
  }

  /**
   * End politely.
   *
   * @param ms how long the other side is waited for
   * @param hangUp begins to close; its argument is to be called when that is done
   */
  close(ms: number, hangUp: (done: () => void) => void): Promise<void> {
    this.closing ??= this.closed(ms, hangUp);
    return this.closing;
  }

  private async closed(ms: number, hangUp: (done: () => void) => void): Promise<void> {
    if (this.current === 'connecting' || this.current === 'online') {
      this.current = 'closing';
      await new Promise<void>((resolve) => {
        this.hungUp = resolve;
        this.deadline.arm(ms, resolve);
        hangUp(resolve);
      });
    }
    this.end(new UpstreamError('closed'));
  }

  /** End at once. Whatever happens while closing, the reason is that it was closed. */
  end(error: UpstreamError): void {
    if (this.current === 'closed') return;
    const reason = this.current === 'closing' ? new UpstreamError('closed') : error;
    const started = this.current !== 'new';
    this.current = 'closed';
    this.reason = reason;
    this.deadline.disarm();
    // Who waits for the other side has no deadline any more.
    this.hungUp();
    this.options.release(reason);
    this.outcome.reject(reason);
    if (started) this.guarded(() => this.options.onClosed(reason));
  }

  /** A callback's own error must not end the process through a socket's event. */
  guarded(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.options.logger.warn({ code: upstreamError(error, 'wire_broken').code }, 'callback failed');
    }
  }

  /** Log what failed beside the connection's own course; behind its end that is no news. */
  report(error: unknown, message: string): void {
    if (this.current === 'closed') return;
    this.options.logger.warn({ code: upstreamError(error, 'wire_broken').code }, message);
  }
}

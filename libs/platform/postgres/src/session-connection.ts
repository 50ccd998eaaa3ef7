import { Client } from 'pg';
import { lockNumber, type AdvisoryLock } from './advisory-lock.js';
import { PostgresError, toConnectError, toPostgresError } from './errors.js';
import { runOn } from './executor.js';
import { connectionConfig, type ResolvedOptions } from './options.js';
import { sql } from './sql.js';

/** What a listener is told. */
export interface ChannelListener {
  onNotify(payload: string): void;
  /** The connection was lost and is back: notifications in between are gone, so look for yourself. */
  onGap?(): void;
}

const firstRetryMs = 100;
const lastRetryMs = 5_000;
const pingEveryMs = 15_000;

/**
 * One reserved connection for what belongs to a database session: LISTEN and session advisory locks. Opened at first
 * use; once there are listeners it is reopened for ever, with backoff, until closed.
 */
export class SessionConnection {
  private client: Client | undefined;
  private opening: Promise<Client> | undefined;
  private retry: NodeJS.Timeout | undefined;
  private ping: NodeJS.Timeout | undefined;
  private retryMs = firstRetryMs;
  private closed = false;
  private readonly channels = new Map<string, Set<ChannelListener>>();
  private readonly locks = new Map<string, AbortController>();

  constructor(
    private readonly url: string,
    private readonly options: ResolvedOptions,
  ) {}

  /** Resolves when the server has accepted the LISTEN. Throws PostgresError. */
  async listen(channel: string, listener: ChannelListener): Promise<{ close(): Promise<void> }> {
    const client = await this.connection();
    const listeners = this.channels.get(channel) ?? new Set();
    this.channels.set(channel, listeners);
    listeners.add(listener);
    try {
      await runOn(client, sql`listen ${sql.ident(channel)}`);
    } catch (error) {
      this.forget(channel, listener);
      throw error;
    }
    return { close: () => this.unlisten(channel, listener) };
  }

  /** A session lock, or undefined when another session, or another caller in this process, holds it. */
  async tryLock(name: string): Promise<AdvisoryLock | undefined> {
    // The server would grant a session its own lock again, so callers of one process are told apart here.
    if (this.locks.has(name)) return undefined;
    const held = new AbortController();
    this.locks.set(name, held);
    const number = lockNumber(name);
    try {
      const client = await this.connection();
      const rows = await runOn<{ taken: boolean }>(
        client,
        sql`select pg_try_advisory_lock(${number}::bigint) as taken`,
      );
      if (rows[0]?.taken !== true) {
        this.locks.delete(name);
        return undefined;
      }
      return { lost: held.signal, release: () => this.unlock(name, number, held, client) };
    } catch (error) {
      this.locks.delete(name);
      throw toPostgresError(error);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    const client = this.client ?? (await this.opening?.catch(() => undefined));
    this.drop(client);
    await client?.end().catch(() => undefined);
  }

  private async unlock(name: string, number: string, held: AbortController, client: Client): Promise<void> {
    if (this.locks.get(name) !== held) return;
    try {
      await runOn(client, sql`select pg_advisory_unlock(${number}::bigint)`);
    } finally {
      if (this.locks.get(name) === held) this.locks.delete(name);
    }
  }

  private async unlisten(channel: string, listener: ChannelListener): Promise<void> {
    if (!this.forget(channel, listener) || this.client === undefined) return;
    await runOn(this.client, sql`unlisten ${sql.ident(channel)}`).catch(() => undefined);
  }

  /** True when nobody listens to the channel any more. */
  private forget(channel: string, listener: ChannelListener): boolean {
    const listeners = this.channels.get(channel);
    listeners?.delete(listener);
    if (listeners === undefined || listeners.size > 0) return false;
    return this.channels.delete(channel);
  }

  private async connection(): Promise<Client> {
    if (this.closed) throw new PostgresError('database_unavailable', 'the database connection is closed');
    if (this.client !== undefined) return this.client;
    this.opening ??= this.open().finally(() => {
      this.opening = undefined;
    });
    return this.opening;
  }

  private async open(): Promise<Client> {
    const client = new Client(connectionConfig(this.url, this.options));
    client.on('error', () => this.lose(client));
    client.on('end', () => this.lose(client));
    client.on('notification', ({ channel, payload }) => {
      for (const listener of this.channels.get(channel) ?? []) listener.onNotify(payload ?? '');
    });
    try {
      await client.connect();
      for (const channel of this.channels.keys()) await runOn(client, sql`listen ${sql.ident(channel)}`);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw toConnectError(error);
    }
    this.client = client;
    this.retryMs = firstRetryMs;
    this.ping = setInterval(() => void this.check(client), pingEveryMs);
    this.ping.unref();
    return client;
  }

  /** Finds a connection that is dead without having said so. */
  private async check(client: Client): Promise<void> {
    await runOn(client, sql`select 1`).catch(() => client.end().catch(() => undefined));
  }

  private drop(client: Client | undefined): void {
    clearInterval(this.ping);
    if (this.client === client) this.client = undefined;
    for (const held of this.locks.values()) held.abort();
    this.locks.clear();
  }

  private lose(client: Client): void {
    if (this.client !== client) return;
    this.drop(client);
    client.end().catch(() => undefined);
    if (this.closed || this.channels.size === 0) return;
    this.options.logger.warn({}, 'listening connection lost, reconnecting');
    this.reconnectLater();
  }

  private reconnectLater(): void {
    this.retry = setTimeout(() => {
      this.connection().then(
        () => {
          for (const listeners of this.channels.values()) for (const one of listeners) one.onGap?.();
        },
        () => {
          if (!this.closed) this.reconnectLater();
        },
      );
    }, this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, lastRetryMs);
  }
}

import { systemClock, type Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { currentTraceparent } from '@causeway/telemetry';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream';
import type { Agent } from 'undici';
import { z } from 'zod';
import { boundedBody } from '../egress/bounded-body.js';
import { isUntrusted } from '../tls/untrusted.js';
import { RemoteError } from './remote.errors.js';
import { Channel, type CallerCredentials } from './channel.js';

export interface InternalClientOptions {
  /** Scheme, host and port of the called service. */
  readonly baseUrl: string;
  /** Name of the called service. */
  readonly audience: string;
  /** Name of the calling service. */
  readonly service: string;
  /** Asked before each call, so that keys and certificates can be replaced. */
  readonly credentials: () => CallerCredentials;
  readonly clock?: Clock;
}

export interface InternalRequest<T> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Begins with a slash; encode what you put into it. */
  readonly path: string;
  readonly body?: unknown;
  /** Form of the answer; an empty answer is `undefined`. */
  readonly schema: z.ZodType<T>;
  readonly deadlineMs?: number;
}

const problem = z.object({
  code: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
  detail: z.string().max(1_000).optional(),
});

/** Calls another service under our own name. Does not retry: only the caller knows what may be repeated. */
export class InternalClient {
  private readonly clock: Clock;
  private channel: Channel;
  private readonly closing = new Set<Promise<void>>();

  constructor(private readonly options: InternalClientOptions) {
    this.clock = options.clock ?? systemClock;
    this.channel = this.openChannel(options.credentials());
  }

  /** @throws RemoteError */
  async request<T>({
    method,
    path,
    body,
    schema,
    deadlineMs = limits.internalDeadlineMs.value,
  }: InternalRequest<T>): Promise<T> {
    const deadline = new AbortController();
    const timer = this.clock.setTimeout(() => deadline.abort(), deadlineMs);
    try {
      const traceparent = currentTraceparent();
      const { agent, token } = await this.ready();
      const answer = await agent.request({
        origin: new URL(this.options.baseUrl).origin,
        path,
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(traceparent === undefined ? {} : { traceparent }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: deadline.signal,
      });
      const bounded = boundedBody(limits.internalResponseBytes.value);
      const bytes = await buffer(pipeline(answer.body, bounded, () => undefined));
      return this.read(answer.statusCode, bytes, schema);
    } catch (err) {
      if (err instanceof RemoteError) throw err;
      throw new RemoteError(failureCode(err, deadline.signal), 0, this.options.audience, { cause: err });
    } finally {
      this.clock.clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.closing, this.channel.agent.close()]);
  }

  /** Connections and a token that belong together; another call may have replaced them while the token was made. */
  private async ready(): Promise<{ agent: Agent; token: string }> {
    for (;;) {
      const channel = this.currentChannel();
      const token = await channel.token();
      if (channel === this.channel) return { agent: channel.agent, token };
    }
  }

  /** Calls under way end on the connections on which they began. */
  private currentChannel(): Channel {
    const credentials = this.options.credentials();
    const before = this.channel.credentials;
    if (credentials.privateJwk === before.privateJwk && credentials.tls === before.tls) return this.channel;
    const closed = this.channel.agent.close().finally(() => this.closing.delete(closed));
    this.closing.add(closed);
    this.channel = this.openChannel(credentials);
    return this.channel;
  }

  private openChannel(credentials: CallerCredentials): Channel {
    const { service, audience } = this.options;
    return new Channel(credentials, { service, audience, clock: this.clock });
  }

  private read<T>(status: number, bytes: Buffer, schema: z.ZodType<T>): T {
    const value = parse(bytes);
    if (status >= 200 && status < 300) {
      const result = schema.safeParse(value);
      if (result.success) return result.data;
      throw new RemoteError('service_answer', 0, this.options.audience);
    }
    const known = problem.safeParse(value);
    if (!known.success) throw new RemoteError('service_answer', status, this.options.audience);
    const { code, detail } = known.data;
    throw new RemoteError(code, status, this.options.audience, detail === undefined ? {} : { detail });
  }
}

function failureCode(err: unknown, deadline: AbortSignal): string {
  if (deadline.aborted) return 'service_timeout';
  return isUntrusted(err) ? 'service_untrusted' : 'service_unreachable';
}

function parse(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return Symbol('not JSON');
  }
}

import { systemClock, type Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { currentTraceparent } from '@causeway/telemetry';
import type { JWK } from 'jose';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream';
import { Agent } from 'undici';
import { z } from 'zod';
import { boundedBody } from '../egress/bounded-body.js';
import { RemoteError } from './remote.errors.js';
import { issueServiceToken } from './service-token.js';

export interface InternalClientOptions {
  /** Scheme, host and port of the called service. */
  readonly baseUrl: string;
  /** Name of the called service. */
  readonly audience: string;
  /** Name of the calling service. */
  readonly service: string;
  readonly privateJwk: JWK;
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
  private readonly agent = new Agent({ connections: limits.egressConnectionsPerHost.value, allowH2: false });
  private readonly clock: Clock;
  private token: { readonly text: string; readonly goodUntilMs: number } | undefined;

  constructor(private readonly options: InternalClientOptions) {
    this.clock = options.clock ?? systemClock;
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
      const answer = await this.agent.request({
        origin: new URL(this.options.baseUrl).origin,
        path,
        method,
        headers: {
          authorization: `Bearer ${await this.currentToken()}`,
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
      const code = deadline.signal.aborted ? 'service_timeout' : 'service_unreachable';
      throw new RemoteError(code, 0, this.options.audience, { cause: err });
    } finally {
      this.clock.clearTimeout(timer);
    }
  }

  close(): Promise<void> {
    return this.agent.close();
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

  private async currentToken(): Promise<string> {
    const nowMs = this.clock.now();
    if (this.token && nowMs < this.token.goodUntilMs) return this.token.text;
    const { privateJwk, service, audience } = this.options;
    const text = await issueServiceToken({ privateJwk, service, audience, clock: this.clock });
    // Renewed at half its life, so that it cannot expire on the way.
    this.token = { text, goodUntilMs: nowMs + limits.serviceTokenSeconds.value * 500 };
    return text;
  }
}

function parse(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return Symbol('not JSON');
  }
}

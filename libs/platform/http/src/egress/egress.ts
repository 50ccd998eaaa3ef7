import { pipeline, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { systemClock, type Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { Agent, type Dispatcher } from 'undici';
import { AllowedHosts } from './allowed-hosts.js';
import { boundedBody } from './bounded-body.js';
import { checkedUrl } from './checked-url.js';
import { EgressError } from './egress.errors.js';
import { guardedConnector, type ResolveAll } from './guarded-connector.js';

export interface EgressOptions {
  /** `host`, `host:port` or `*.domain`. */
  readonly allowedHosts: readonly string[];
  /** Development only: also private addresses and clear-text HTTP. */
  readonly allowPrivateAddresses?: boolean;
  /** Authorities of the hosts' certificates, PEM, asked for each new connection; those of the system by default. */
  readonly ca?: () => string | undefined;
  readonly clock?: Clock;
  /** Resolution of names; the system's by default. */
  readonly resolve?: ResolveAll;
}

export interface EgressRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** From connecting to the last byte of the body, milliseconds. */
  readonly deadlineMs?: number;
  /** Bytes of the answer's body. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

export interface EgressHead {
  readonly status: number;
  /** Names in lower case; of a repeated header the values joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface EgressResponse extends EgressHead {
  readonly body: Buffer;
}

export interface EgressStream extends EgressHead {
  /** Fails at the byte bound, at the deadline and when the other side ends too early. Must be read or destroyed. */
  readonly body: Readable;
}

/** The only way out for HTTP: listed hosts, public addresses, no redirects, no compression, bounded in size and time. */
export interface Egress {
  /** Whether a request to this address would be tried; where its name leads is seen when connecting. */
  allows(url: string): boolean;
  /** @throws EgressError */
  request(url: string | URL, request?: EgressRequest): Promise<EgressResponse>;
  /** As `request`, with the body as it comes. @throws EgressError */
  stream(url: string | URL, request?: EgressRequest): Promise<EgressStream>;
  close(): Promise<void>;
}

const redirects = new Set([301, 302, 303, 307, 308]);

/** Opens the way out. One for each list of hosts. */
export function createEgress(options: EgressOptions): Egress {
  const { allowPrivateAddresses = false, clock = systemClock } = options;
  const hosts = new AllowedHosts(options.allowedHosts);
  const agent = new Agent({
    connect: guardedConnector(allowPrivateAddresses, options.resolve, options.ca),
    connections: limits.egressConnectionsPerHost.value,
    maxHeaderSize: limits.httpHeaderBytes.value,
  });

  async function stream(given: string | URL, request: EgressRequest = {}): Promise<EgressStream> {
    const url = checkedUrl(given, hosts, allowPrivateAddresses);
    const deadline = new AbortController();
    const timeout = (): void =>
      deadline.abort(new EgressError('egress_timeout', 'the deadline of the request passed'));
    const timer = clock.setTimeout(timeout, request.deadlineMs ?? limits.egressDeadlineMs.value);
    const signal = request.signal ? AbortSignal.any([deadline.signal, request.signal]) : deadline.signal;
    try {
      const answer = await agent.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method ?? 'GET',
        headers: requestHeaders(request.headers),
        body: request.body ?? null,
        signal,
      });
      const head = headOf(answer);
      const bounded = boundedBody(request.maxBytes ?? limits.egressResponseBytes.value);
      const body = pipeline(answer.body, bounded, () => clock.clearTimeout(timer));
      const refusal = refusalOf(head);
      if (!refusal) return { ...head, body };
      body.on('error', () => undefined).destroy();
      throw refusal;
    } catch (err) {
      clock.clearTimeout(timer);
      throw toEgressError(err, deadline.signal);
    }
  }

  return {
    allows(url) {
      try {
        return checkedUrl(url, hosts, allowPrivateAddresses) !== undefined;
      } catch {
        return false;
      }
    },
    stream,
    async request(url, request) {
      const { status, headers, body } = await stream(url, request);
      try {
        return { status, headers, body: await buffer(body) };
      } catch (err) {
        throw toEgressError(err);
      }
    },
    close: () => agent.close(),
  };
}

function requestHeaders(given: EgressRequest['headers'] = {}): Record<string, string> {
  const entries = Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]);
  return { ...Object.fromEntries(entries), 'accept-encoding': 'identity' };
}

function headOf(answer: Dispatcher.ResponseData): EgressHead {
  const entries = Object.entries(answer.headers).map(([name, value]): [string, string] => [
    name.toLowerCase(),
    Array.isArray(value) ? value.join(', ') : (value ?? ''),
  ]);
  return { status: answer.statusCode, headers: Object.fromEntries(entries) };
}

function refusalOf({ status, headers }: EgressHead): EgressError | undefined {
  if (redirects.has(status))
    return new EgressError('egress_redirect_refused', 'the host wants to send us elsewhere');
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity' || encoding === '') return undefined;
  return new EgressError('egress_encoding_refused', 'the answer is compressed although it must not be');
}

function toEgressError(err: unknown, deadline?: AbortSignal): EgressError {
  if (err instanceof EgressError) return err;
  const cause: unknown = err instanceof Error ? err.cause : undefined;
  if (cause instanceof EgressError) return cause;
  if (deadline?.reason instanceof EgressError) return deadline.reason;
  return new EgressError('egress_unreachable', 'the host cannot be reached or broke off', { cause: err });
}

import { request } from 'undici';
import { z } from 'zod';
import type { Clock } from '../clock.js';
import { backoffMs } from './backoff.js';
import { ApiError } from './errors.js';

/** Gives an access token of the provider for the user, fresh enough for one call. */
export type AccessToken = () => Promise<string> | string;

const maxAnswerBytes = 256 * 1024;
const timeoutMs = 15_000;
const attempts = 4;
const bounds = { firstMs: 200, maxMs: 4_000 };
const longestRetryAfterMs = 10_000;
const Problem = z.object({ code: z.string().max(64) });

interface Call<T> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly body?: unknown;
  readonly answer: z.ZodType<T>;
}

/** Calls the provider's HTTP API: bounded answers, bounded waits, and a few more attempts where a repeat is harmless. */
export class HttpClient {
  constructor(
    private readonly accessToken: AccessToken,
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {}

  /** @throws ApiError */
  async call<T>(call: Call<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.once(call);
      } catch (error) {
        const api = error instanceof ApiError ? error : new ApiError('api_unreachable', 0);
        const repeatable = call.method !== 'POST' && isTransient(api);
        if (!repeatable || attempt >= attempts) throw api;
        const waitMs = Math.min(api.retryAfterMs ?? 0, longestRetryAfterMs);
        const pauseMs = Math.max(waitMs, backoffMs(attempt, bounds, this.random()));
        await new Promise<void>((resolve) => this.clock.setTimeout(resolve, pauseMs));
      }
    }
  }

  private async once<T>({ method, url, body, answer }: Call<T>): Promise<T> {
    const headers: Record<string, string> = { authorization: `Bearer ${await this.accessToken()}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const response = await request(url, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    const json = await readJson(response.body);
    if (response.statusCode >= 300)
      throw problemOf(response.statusCode, response.headers['retry-after'], json);
    const parsed = answer.safeParse(json);
    if (!parsed.success) throw new ApiError('api_response_invalid', response.statusCode);
    return parsed.data;
  }
}

/** A gateway's 502 says that nobody answered; a service's own says what another party answered. */
function isTransient({ status, code }: ApiError): boolean {
  return [0, 429, 503, 504].includes(status) || (status === 502 && code === 'api_response_invalid');
}

/** @returns the error that an answer other than success stands for. */
export function problemOf(status: number, retryAfter: unknown, json: unknown): ApiError {
  const problem = Problem.safeParse(json);
  const code = problem.success ? problem.data.code : 'api_response_invalid';
  const seconds =
    typeof retryAfter === 'string' && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : undefined;
  return new ApiError(code, status, seconds === undefined ? undefined : seconds * 1_000);
}

/** @returns a bounded body as JSON; undefined when it is none. @throws ApiError `api_response_invalid` above the bound */
export async function readJson(body: AsyncIterable<Buffer>): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > maxAnswerBytes) throw new ApiError('api_response_invalid', 200);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}

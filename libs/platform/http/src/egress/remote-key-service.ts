import { pipeline } from 'node:stream';
import { json } from 'node:stream/consumers';
import { Circuit, type Clock } from '@causeway/lifecycle';
import type { Logger } from '@causeway/telemetry';
import { Agent } from 'undici';
import type { z } from 'zod';
import { boundedBody } from './bounded-body.js';

/** Where a service that has keys of ours is, and how it knows us. */
export interface RemoteKeyServiceSettings {
  readonly url: string;
  readonly bearer?: string | undefined;
  /** Client certificate and its key, PEM. */
  readonly certificate?: string | undefined;
  readonly privateKey?: string | undefined;
  /** Authorities of its certificate, PEM; those of the system by default. */
  readonly ca?: string | undefined;
}

/**
 * Why a call gave nothing: no answer after all tries (or too many calls wait), none for so long that it is not asked,
 * an answer that refuses, an answer of another form.
 */
export type RemoteKeyFailure = 'unreachable' | 'paused' | 'refused' | 'answer';

/** All in milliseconds, items or bytes. */
export interface RemoteKeyServiceBounds {
  readonly deadlineMs: number;
  readonly attempts: number;
  readonly backoffMs: number;
  readonly failuresInARow: number;
  readonly pauseMs: number;
  readonly callsInFlight: number;
  readonly connections: number;
  readonly answerBytes: number;
}

export interface RemoteKeyServiceParts<Answer> {
  /** As log lines call it. */
  readonly name: string;
  /** Asked before each call, so that credentials can be replaced. */
  readonly settings: () => RemoteKeyServiceSettings;
  readonly answer: z.ZodType<Answer>;
  readonly bounds: RemoteKeyServiceBounds;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told what became of each try. */
  readonly onOutcome: (outcome: 'answered' | RemoteKeyFailure) => void;
  /** Makes the error that is thrown. */
  readonly error: (failure: RemoteKeyFailure, options?: ErrorOptions) => Error;
}

/** What may pass when it is asked again; anything else is an answer. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Calls of somebody who has keys of ours and uses them for us: `POST {url}` with JSON, answered with JSON. Every call
 * must be harmless when it is repeated, because it is, a few times; while nothing answers it is left alone. What is
 * sent and answered stands in no log line.
 */
export class RemoteKeyService<Answer> {
  readonly #circuit: Circuit;
  #agent: { readonly of: RemoteKeyServiceSettings; readonly agent: Agent } | undefined;
  #inFlight = 0;

  constructor(private readonly parts: RemoteKeyServiceParts<Answer>) {
    const { clock, logger, name, bounds } = parts;
    this.#circuit = new Circuit({
      clock,
      failuresInARow: bounds.failuresInARow,
      pauseMs: bounds.pauseMs,
      isFailure: isPassing,
      refused: () => new CallFailed('paused'),
      onChange: (to, from) => logger.warn({ to, from }, `the ${name} is asked, tried or left alone`),
    });
  }

  /** @throws what `parts.error` makes */
  async call(request: object): Promise<Answer> {
    const { bounds, error } = this.parts;
    if (this.#inFlight >= bounds.callsInFlight) throw error('unreachable');
    this.#inFlight += 1;
    try {
      return await this.#repeatedly(JSON.stringify(request));
    } catch (cause) {
      if (!(cause instanceof CallFailed)) throw cause;
      throw error(cause.failure, { cause: cause.cause });
    } finally {
      this.#inFlight -= 1;
    }
  }

  async close(): Promise<void> {
    await this.#agent?.agent.close();
  }

  async #repeatedly(body: string): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#circuit.run(() => this.#call(body));
      } catch (error) {
        if (!isPassing(error) || attempt === this.parts.bounds.attempts) throw error;
        await this.#pause(attempt);
      }
    }
  }

  async #call(body: string): Promise<Answer> {
    const { clock, bounds, onOutcome } = this.parts;
    const deadline = new AbortController();
    const timer = clock.setTimeout(() => deadline.abort(), bounds.deadlineMs);
    try {
      const answer = await this.#ask(body, deadline.signal);
      onOutcome('answered');
      return answer;
    } catch (cause) {
      const error = cause instanceof CallFailed ? cause : new CallFailed('unreachable', { cause });
      onOutcome(error.failure);
      throw error;
    } finally {
      clock.clearTimeout(timer);
    }
  }

  async #ask(body: string, signal: AbortSignal): Promise<Answer> {
    const settings = this.parts.settings();
    const { bearer, url } = settings;
    const { origin, pathname, search } = new URL(url);
    const answer = await this.#agentOf(settings).request({
      origin,
      path: pathname + search,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      },
      body,
      signal,
    });
    const bounded = boundedBody(this.parts.bounds.answerBytes);
    const value = json(pipeline(answer.body, bounded, () => undefined));
    // A status is told of even where the body is no JSON.
    if (answer.statusCode !== 200) {
      await value.catch(() => undefined);
      throw new CallFailed(PASSING.has(answer.statusCode) ? 'unreachable' : 'refused');
    }
    const parsed = this.parts.answer.safeParse(await readable(value, signal));
    if (!parsed.success) throw new CallFailed('answer');
    return parsed.data;
  }

  /** Calls under way end on the connections on which they began. */
  #agentOf(settings: RemoteKeyServiceSettings): Agent {
    if (this.#agent?.of === settings) return this.#agent.agent;
    this.#agent?.agent.close().catch(() => undefined);
    const { ca, certificate: cert, privateKey: key } = settings;
    const agent = new Agent({
      connections: this.parts.bounds.connections,
      allowH2: false,
      connect: {
        ...(ca !== undefined && { ca }),
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
      },
    });
    this.#agent = { of: settings, agent };
    return agent;
  }

  #pause(attempt: number): Promise<void> {
    const ms = this.parts.bounds.backoffMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
    return new Promise((resolve) => void this.parts.clock.setTimeout(() => resolve(), ms));
  }
}

class CallFailed extends Error {
  constructor(
    readonly failure: RemoteKeyFailure,
    options?: ErrorOptions,
  ) {
    super(failure, options);
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof CallFailed && error.failure === 'unreachable';
}

/** A body that broke off is no answer; one that is no JSON is a wrong one. */
async function readable(value: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  try {
    return await value;
  } catch (error) {
    if (error instanceof SyntaxError && !signal.aborted) return undefined;
    throw error;
  }
}

import { pipeline } from 'node:stream';
import { json } from 'node:stream/consumers';
import { boundedBody } from '@causeway/http';
import { Circuit, type Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Logger, Metrics } from '@causeway/telemetry';
import { Agent } from 'undici';
import { z } from 'zod';
import { SignerError, type TokenSigner } from './token-signer.js';

/** Where the remote signer is and how it knows us. */
export interface RemoteSignerSettings {
  readonly url: string;
  readonly bearer?: string | undefined;
  /** Client certificate and its key, PEM. */
  readonly certificate?: string | undefined;
  readonly privateKey?: string | undefined;
  /** Authorities of its certificate, PEM; those of the system by default. */
  readonly ca?: string | undefined;
}

interface Parts {
  /** Asked before each call, so that credentials can be replaced. */
  readonly settings: () => RemoteSignerSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const Answer = z.object({ signature: z.base64url().max(1_024) });
/** What may pass when it is asked again; anything else is an answer. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Calls of a remote signer: `POST {url}` with `{"keyId", "algorithm", "input"}` (base64url), answered with
 * `{"signature"}` (base64url). To sign again is harmless, so calls are repeated a few times; while it does not answer
 * it is left alone. What is to be signed stands in no log line.
 */
export class RemoteSigning {
  readonly #calls;
  readonly #circuit: Circuit;
  #agent: { readonly of: RemoteSignerSettings; readonly agent: Agent } | undefined;
  #inFlight = 0;

  constructor(private readonly parts: Parts) {
    const { clock, logger, metrics } = parts;
    const help = 'Calls of the remote signer, by what became of them';
    this.#calls = metrics.counter('token_signer_calls_total', help, ['outcome']);
    this.#circuit = new Circuit({
      clock,
      failuresInARow: limits.signerFailuresInARow.value,
      pauseMs: limits.signerPauseMs.value,
      isFailure: isPassing,
      refused: () => new SignerError('signer_paused'),
      onChange: (to, from) => logger.warn({ to, from }, 'the remote signer is asked, tried or left alone'),
    });
  }

  /** @throws {SignerError} */
  async sign({ keyId, algorithm }: TokenSigner, input: Uint8Array): Promise<Uint8Array> {
    const body = JSON.stringify({ keyId, algorithm, input: Buffer.from(input).toString('base64url') });
    if (this.#inFlight >= limits.signerCallsInFlight.value) throw new SignerError('signer_unreachable');
    this.#inFlight += 1;
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          return await this.#circuit.run(() => this.#call(body));
        } catch (error) {
          if (!isPassing(error) || attempt === limits.signerAttempts.value) throw error;
          await this.#pause(attempt);
        }
      }
    } finally {
      this.#inFlight -= 1;
    }
  }

  async close(): Promise<void> {
    await this.#agent?.agent.close();
  }

  async #call(body: string): Promise<Uint8Array> {
    const settings = this.parts.settings();
    const { bearer, url } = settings;
    const deadline = new AbortController();
    const timer = this.parts.clock.setTimeout(() => deadline.abort(), limits.signerDeadlineMs.value);
    try {
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
        signal: deadline.signal,
      });
      const bounded = boundedBody(limits.signerAnswerBytes.value);
      const value = json(pipeline(answer.body, bounded, () => undefined));
      // A status is told of even where the body is no JSON.
      if (answer.statusCode !== 200) {
        await value.catch(() => undefined);
        throw new SignerError(PASSING.has(answer.statusCode) ? 'signer_unreachable' : 'signer_refused');
      }
      const parsed = Answer.safeParse(await readable(value, deadline.signal));
      if (!parsed.success) throw new SignerError('signer_answer');
      this.#calls.inc({ outcome: 'signed' });
      return Buffer.from(parsed.data.signature, 'base64url');
    } catch (cause) {
      const error = cause instanceof SignerError ? cause : new SignerError('signer_unreachable', { cause });
      this.#calls.inc({ outcome: error.code });
      throw error;
    } finally {
      this.parts.clock.clearTimeout(timer);
    }
  }

  /** Calls under way end on the connections on which they began. */
  #agentOf(settings: RemoteSignerSettings): Agent {
    if (this.#agent?.of === settings) return this.#agent.agent;
    this.#agent?.agent.close().catch(() => undefined);
    const { ca, certificate: cert, privateKey: key } = settings;
    const agent = new Agent({
      connections: limits.signerConnections.value,
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
    const ms = limits.signerBackoffMs.value * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
    return new Promise((resolve) => void this.parts.clock.setTimeout(() => resolve(), ms));
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof SignerError && error.code === 'signer_unreachable';
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

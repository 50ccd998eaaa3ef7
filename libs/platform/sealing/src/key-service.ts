import { RemoteKeyService, type RemoteKeyServiceSettings } from '@causeway/http';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Logger, Metrics } from '@causeway/telemetry';
import { z } from 'zod';
import { DATA_KEY_BYTES } from './data-key.js';
import { SealingError } from './sealing.errors.js';

export interface KeyServiceParts {
  /** Asked before each call, so that credentials can be replaced. */
  readonly settings: () => RemoteKeyServiceSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const Answer = z.object({ output: z.base64().min(1).max(limits.keyServiceAnswerBytes.value) });

const bounds = {
  deadlineMs: limits.keyServiceDeadlineMs.value,
  attempts: limits.keyServiceAttempts.value,
  backoffMs: limits.keyServiceBackoffMs.value,
  failuresInARow: limits.keyServiceFailuresInARow.value,
  pauseMs: limits.keyServicePauseMs.value,
  callsInFlight: limits.keyServiceCallsInFlight.value,
  connections: limits.keyServiceConnections.value,
  answerBytes: limits.keyServiceAnswerBytes.value,
};

/**
 * A key service over HTTP, whose keys never leave it: `POST {url}` with `{"operation": "wrap" | "unwrap", "keyId",
 * "context", "input"}`, answered with `{"output"}` (both base64). What it wraps it must bind to the context.
 */
export class KeyService {
  readonly #service: RemoteKeyService<z.infer<typeof Answer>>;

  constructor({ settings, clock, logger, metrics }: KeyServiceParts) {
    const help = 'Calls of the key service that wraps data keys, by what became of them';
    const calls = metrics.counter('key_service_calls_total', help, ['outcome']);
    this.#service = new RemoteKeyService({
      name: 'key service',
      settings,
      answer: Answer,
      bounds,
      clock,
      logger,
      onOutcome: (outcome) => calls.inc({ outcome }),
      error: (failure, options) => new SealingError(`key_service_${failure}`, options),
    });
  }

  /** @throws {SealingError} `key_service_…` */
  wrap(keyId: string, dataKey: Uint8Array, context: string): Promise<Uint8Array> {
    return this.#call('wrap', keyId, dataKey, context);
  }

  /** @throws {SealingError} `key_service_…` */
  async unwrap(keyId: string, wrapped: Uint8Array, context: string): Promise<Uint8Array> {
    const dataKey = await this.#call('unwrap', keyId, wrapped, context);
    if (dataKey.length === DATA_KEY_BYTES) return dataKey;
    dataKey.fill(0);
    throw new SealingError('key_service_answer');
  }

  close(): Promise<void> {
    return this.#service.close();
  }

  async #call(
    operation: 'wrap' | 'unwrap',
    keyId: string,
    input: Uint8Array,
    context: string,
  ): Promise<Buffer> {
    const request = { operation, keyId, context, input: Buffer.from(input).toString('base64') };
    return Buffer.from((await this.#service.call(request)).output, 'base64');
  }
}

import { RemoteKeyService, type RemoteKeyServiceSettings } from '@causeway/http';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Logger, Metrics } from '@causeway/telemetry';
import { z } from 'zod';
import { SignerError, type TokenSigner } from './token-signer.js';

/** Where the remote signer is and how it knows us. */
export type RemoteSignerSettings = RemoteKeyServiceSettings;

interface Parts {
  /** Asked before each call, so that credentials can be replaced. */
  readonly settings: () => RemoteSignerSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const Answer = z.object({ signature: z.base64url().max(1_024) });

const bounds = {
  deadlineMs: limits.signerDeadlineMs.value,
  attempts: limits.signerAttempts.value,
  backoffMs: limits.signerBackoffMs.value,
  failuresInARow: limits.signerFailuresInARow.value,
  pauseMs: limits.signerPauseMs.value,
  callsInFlight: limits.signerCallsInFlight.value,
  connections: limits.signerConnections.value,
  answerBytes: limits.signerAnswerBytes.value,
};

/**
 * Calls of a remote signer: `POST {url}` with `{"keyId", "algorithm", "input"}` (base64url), answered with
 * `{"signature"}` (base64url). To sign again is harmless.
 */
export class RemoteSigning {
  readonly #service: RemoteKeyService<z.infer<typeof Answer>>;

  constructor({ settings, clock, logger, metrics }: Parts) {
    const help = 'Calls of the remote signer, by what became of them';
    const calls = metrics.counter('token_signer_calls_total', help, ['outcome']);
    this.#service = new RemoteKeyService({
      name: 'remote signer',
      settings,
      answer: Answer,
      bounds,
      clock,
      logger,
      onOutcome: (outcome) => calls.inc({ outcome: outcome === 'answered' ? 'signed' : `signer_${outcome}` }),
      error: (failure, options) => new SignerError(`signer_${failure}`, options),
    });
  }

  /** @throws {SignerError} */
  async sign({ keyId, algorithm }: TokenSigner, input: Uint8Array): Promise<Uint8Array> {
    const request = { keyId, algorithm, input: Buffer.from(input).toString('base64url') };
    const { signature } = await this.#service.call(request);
    return Buffer.from(signature, 'base64url');
  }

  close(): Promise<void> {
    return this.#service.close();
  }
}

import { randomBytes } from 'node:crypto';
import { splitSessionKey } from '@causeway/contracts/ids';
import { noiseAgreementContext, type NoiseAgreement, type UpstreamEvent } from '@causeway/contracts/upstream';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { NoiseStaticKey } from '@causeway/noise';
import { createRelayKey, RelayError, RelaySeal, type RelayKeyPair } from '@causeway/relay';
import type { Logger } from '@causeway/telemetry';
import type { SessionEvents } from '../sessions/ports.js';
import type { SessionMetrics } from '../sessions/session-metrics.js';
import { AgreementRate } from './agreement-rate.js';
import { NoiseKeyUnknown, type NoiseKeySource, type NoiseLogin } from './noise-key-source.js';

const SECRET_BYTES = 32;

export interface DeviceNoiseKeyParts {
  readonly events: Pick<SessionEvents, 'downstream'>;
  readonly metrics: Pick<SessionMetrics, 'agreements'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Question {
  readonly correlationId: string;
  readonly epoch: number;
  readonly settle: (answer: NoiseAgreement) => void;
  readonly fail: (code: AgreementErrorCode) => void;
}

/**
 * Noise static keys, adapter `device`: the private key never leaves the device, which answers the one agreement of each
 * login over its socket. Without the device nobody logs in. The answer is sealed to a key made for it, so that no
 * topic and no mailbox holds it readable, and to the gatekeeper's key that was asked with: one for another key does not
 * open. A session asks one question at a time, one per login, and so many per hour.
 */
export class DeviceNoiseKeys implements NoiseKeySource {
  readonly #open = new Map<string, Question>();
  readonly #rate = new AgreementRate(
    limits.noiseAgreementsPerHour.value,
    limits.upstreamSessionsPerPod.value,
  );

  constructor(private readonly parts: DeviceNoiseKeyParts) {}

  async open(login: NoiseLogin): Promise<NoiseStaticKey> {
    if (login.enlistedKey === undefined) throw new NoiseKeyUnknown();
    const publicKey = Buffer.from(login.enlistedKey, 'base64');
    let asked = false;
    return {
      publicKey: () => publicKey,
      dh: async (remotePublic) => {
        // A handshake has one agreement with its static key; whoever wants a second one means another key.
        if (asked) return this.#refuse(login, 'noise_agreement_repeated');
        asked = true;
        return this.#agree(login, Buffer.from(remotePublic).toString('base64'));
      },
    };
  }

  /** Takes a device's answer; one that nobody waits for is dropped. */
  answer(event: Extract<UpstreamEvent, { type: 'noise.dh.answer' }>): void {
    const question = this.#open.get(event.sessionKey);
    const fits = question?.correlationId === event.correlationId && question.epoch === event.epoch;
    if (fits) question.settle(event.answer);
    else this.parts.metrics.agreements.inc({ outcome: 'not_asked' });
  }

  async #agree(login: NoiseLogin, remotePublicKey: string): Promise<Uint8Array> {
    const { clock, events, metrics } = this.parts;
    const { sessionKey, epoch } = login;
    const earlier = this.#open.get(sessionKey);
    if (earlier !== undefined && earlier.epoch >= epoch) return this.#refuse(login, 'noise_agreement_busy');
    if (!this.#rate.take(sessionKey, clock.monotonicMs())) {
      return this.#refuse(login, 'noise_agreement_rate');
    }
    // The device has connected anew; nobody answers for the connection before.
    earlier?.fail('noise_agreement_superseded');
    const { promise, resolve, reject } = Promise.withResolvers<NoiseAgreement>();
    const correlationId = randomBytes(16).toString('base64url');
    const fail = (code: AgreementErrorCode) => reject(new AgreementError(code));
    const question: Question = { correlationId, epoch, settle: resolve, fail };
    const timer = clock.setTimeout(() => fail('noise_agreement_late'), limits.noiseAgreementMs.value);
    this.#open.set(sessionKey, question);
    try {
      const keys = createRelayKey();
      const { gatekeeper } = splitSessionKey(sessionKey);
      const deadline = clock.now() + limits.noiseAgreementMs.value;
      const relayKey = keys.publicKey;
      const connection = { sessionKey, gatekeeper, epoch };
      const asked = {
        type: 'noise.dh',
        ...connection,
        correlationId,
        deadline,
        remotePublicKey,
        relayKey,
      } as const;
      const answered = await Promise.all([promise, events.downstream(asked)]);
      const secret = readAnswer(answered[0], keys, correlationId, remotePublicKey);
      metrics.agreements.inc({ outcome: 'agreed' });
      return secret;
    } catch (error) {
      if (error instanceof AgreementError) return this.#refuse(login, error.code);
      throw error;
    } finally {
      clock.clearTimeout(timer);
      if (this.#open.get(sessionKey) === question) this.#open.delete(sessionKey);
    }
  }

  #refuse({ sessionKey }: NoiseLogin, code: AgreementErrorCode): never {
    this.parts.metrics.agreements.inc({ outcome: code });
    const { gatekeeper } = splitSessionKey(sessionKey);
    this.parts.logger.warn({ code, gatekeeper }, 'a device gave no agreement with its Noise key');
    throw new AgreementError(code);
  }
}

type AgreementErrorCode =
  | 'noise_agreement_busy'
  | 'noise_agreement_late'
  | 'noise_agreement_rate'
  | 'noise_agreement_refused'
  | 'noise_agreement_repeated'
  | 'noise_agreement_superseded'
  | 'noise_agreement_unreadable';

/** The device gave no agreement with its Noise key; the login ends and is tried again. */
export class AgreementError extends Error {
  override readonly name = 'AgreementError';

  constructor(
    readonly code: AgreementErrorCode,
    options?: ErrorOptions,
  ) {
    super(code, options);
  }
}

/** @returns the secret of the agreement, the caller's to overwrite. @throws {AgreementError} */
function readAnswer(
  answer: NoiseAgreement,
  keys: RelayKeyPair,
  correlationId: string,
  remotePublicKey: string,
): Uint8Array {
  if ('refused' in answer) throw new AgreementError('noise_agreement_refused');
  try {
    const seal = new RelaySeal('session', keys, answer.relayKey, `noise.dh ${correlationId}`);
    try {
      const secret = seal.open(noiseAgreementContext(correlationId, remotePublicKey), answer.sealed);
      if (secret.length === SECRET_BYTES) return secret;
    } finally {
      seal.destroy();
    }
  } catch (cause) {
    if (!(cause instanceof RelayError)) throw cause;
    throw new AgreementError('noise_agreement_unreadable', { cause });
  }
  throw new AgreementError('noise_agreement_unreadable');
}

import { createHash } from 'node:crypto';
import type { ServerFrame } from '@causeway/contracts/fanout';
import { noiseAgreementContext, type NoiseAgreement } from '@causeway/contracts/upstream';
import { generateStaticKey, NoiseError, staticKeyFrom, type NoiseStaticKey } from '@causeway/noise';
import { createRelayKey, RelayError, RelaySeal } from '@causeway/relay';
import type { Clock } from '../clock.js';
import type { Meta } from '../store/meta.js';

const HOUR_MS = 3_600_000;
/** Agreements in an hour: more than a session that works needs. */
const PER_HOUR = 60;
/** Keys of gatekeepers that were answered; each handshake has a new one. */
const REMEMBERED = 256;

type Question = Pick<
  Extract<ServerFrame, { type: 'noise-dh' }>,
  'correlationId' | 'deadline' | 'remotePublicKey' | 'relayKey'
>;

/**
 * The device's Noise static key, at gatekeepers where it stays on the device. It is made for the first opt-in and
 * forgotten when the account is deleted; every login asks for one agreement with it.
 */
export class NoiseKey {
  private askedAt: number[] = [];
  private readonly answered = new Set<string>();

  constructor(
    private readonly meta: Meta,
    private readonly clock: Clock,
  ) {}

  /** @returns the public key, base64; it is made at the first call. */
  publicKey(): string {
    return Buffer.from(this.open().publicKey()).toString('base64');
  }

  /** @returns the key, for a device that shakes hands with the gatekeeper by itself. */
  open(): NoiseStaticKey {
    const stored = this.meta.bytes('noise_key') ?? this.create();
    const key = staticKeyFrom(stored);
    stored.fill(0);
    return key;
  }

  /** The account is deleted. */
  forget(): void {
    this.meta.remove('noise_key');
  }

  /** @returns the answer, sealed to whoever asks; undefined when nobody waits for it any more */
  answer(question: Question): NoiseAgreement | undefined {
    const now = this.clock.now();
    if (question.deadline <= now) return undefined;
    const refused = this.refusal(question.remotePublicKey, now);
    if (refused !== undefined) return { refused };
    const privateKey = this.meta.bytes('noise_key');
    if (privateKey === undefined) return { refused: 'noise_key_unknown' };
    try {
      const secret = staticKeyFrom(privateKey).dh(
        Buffer.from(question.remotePublicKey, 'base64'),
      ) as Uint8Array;
      return sealed(question, secret);
    } catch (error) {
      if (error instanceof NoiseError || error instanceof RelayError) return { refused: 'noise_key_bad' };
      throw error;
    } finally {
      privateKey.fill(0);
    }
  }

  private create(): Uint8Array {
    const { privateKey } = generateStaticKey();
    this.meta.put('noise_key', privateKey);
    return privateKey;
  }

  /** A handshake's key is new, and handshakes are few: anything else is none. */
  private refusal(remotePublicKey: string, now: number): string | undefined {
    const name = createHash('sha256').update(remotePublicKey).digest('base64');
    if (this.answered.has(name)) return 'noise_agreement_repeated';
    this.askedAt = this.askedAt.filter((at) => at > now - HOUR_MS);
    if (this.askedAt.length >= PER_HOUR) return 'noise_agreement_rate';
    this.askedAt.push(now);
    this.answered.add(name);
    const [oldest] = this.answered;
    if (this.answered.size > REMEMBERED && oldest !== undefined) this.answered.delete(oldest);
    return undefined;
  }
}

/** @throws {RelayError} for a key of the asker that is none */
function sealed({ correlationId, remotePublicKey, relayKey }: Question, secret: Uint8Array): NoiseAgreement {
  try {
    const own = createRelayKey();
    const seal = new RelaySeal('fanout', own, relayKey, `noise.dh ${correlationId}`);
    try {
      return {
        relayKey: own.publicKey,
        sealed: seal.seal(noiseAgreementContext(correlationId, remotePublicKey), secret),
      };
    } finally {
      seal.destroy();
    }
  } finally {
    secret.fill(0);
  }
}

import { createHmac, type KeyObject } from 'node:crypto';
import { canonicalIdentifier } from '@causeway/identifiers';
import { PushPath, PushRequest, webhooksErrors } from '@causeway/contracts/webhooks';
import { AppError, bearerToken, clientNetworkOf, ZodBody, ZodParams } from '@causeway/http';
import { failpoint } from '@causeway/failpoints';
import type { Counter } from '@causeway/telemetry';
import { Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { CallBudget } from './call-budget.js';
import type { PushRecorder } from './push-recorder.js';
import type { PushResolver } from './push-resolver.js';
import type { PushTokens } from './push-tokens.js';

/** What the push controller works with. */
export interface PushIntake {
  /** How each gatekeeper's calls are verified. */
  readonly tokens: ReadonlyMap<string, PushTokens>;
  readonly budget: CallBudget;
  readonly recorder: PushRecorder;
  readonly resolver: PushResolver;
  /** As a key object: Node takes several times as long with its bytes. */
  readonly hmacKey: KeyObject;
  readonly calls: Counter;
}

export const PUSH_INTAKE = Symbol('PUSH_INTAKE');

/** `POST /{gatekeeper}/push`: the gatekeeper has something for a user who is not connected. Replaying it is harmless. */
@Controller(':gatekeeper/push')
export class PushController {
  constructor(@Inject(PUSH_INTAKE) private readonly intake: PushIntake) {}

  @Post()
  @HttpCode(200)
  async push(
    @Req() request: FastifyRequest,
    @ZodParams(PushPath) { gatekeeper }: z.infer<typeof PushPath>,
    @ZodBody(PushRequest) { to }: z.infer<typeof PushRequest>,
  ): Promise<void> {
    const { tokens, budget, recorder, resolver, calls } = this.intake;
    const verifier = tokens.get(gatekeeper);
    if (verifier === undefined) throw errorOf('push_gatekeeper_unknown');
    try {
      // Before the signature, which costs processor time: a flood of forged calls must not.
      await budget.take(clientNetworkOf(request.ip));
      await verifier.verify(bearerToken(request));
      await recorder.record({ gatekeeper, identifierHmac: this.#hash(to) }).catch((cause: unknown) => {
        throw errorOf('push_unavailable', cause);
      });
    } catch (error) {
      calls.inc({ gatekeeper, outcome: error instanceof AppError ? error.code : 'failed' });
      throw error;
    }
    failpoint('webhooks.push.recorded');
    calls.inc({ gatekeeper, outcome: 'accepted' });
    resolver.kick();
  }

  /** Identifiers that have no canonical form are hashed as they are: nobody is known by them, and it costs the same. */
  #hash(identifier: string): Buffer {
    const canonical = canonicalIdentifier(identifier)?.value ?? identifier;
    return createHmac('sha256', this.intake.hmacKey).update(canonical).digest();
  }
}

function errorOf(code: keyof typeof webhooksErrors, cause?: unknown): AppError {
  const { status, meaning } = webhooksErrors[code];
  return new AppError(code, status, meaning, { cause });
}

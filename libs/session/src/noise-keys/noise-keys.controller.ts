import { NoiseKeyRequest, type NoiseKeyResponse } from '@causeway/contracts/session';
import { ServicesOnly, ZodBody } from '@causeway/http';
import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import type { z } from 'zod';
import { NoiseKeys } from './noise-keys.service.js';

/** `POST /internal/v1/noise-keys`: accounts fetches a session's public key to enlist with. */
@Controller('internal/v1/noise-keys')
@ServicesOnly('accounts')
export class NoiseKeysController {
  constructor(@Inject(NoiseKeys) private readonly noiseKeys: NoiseKeys) {}

  @Post()
  @HttpCode(200)
  async create(@ZodBody(NoiseKeyRequest) body: z.infer<typeof NoiseKeyRequest>): Promise<NoiseKeyResponse> {
    const publicKey = await this.noiseKeys.publicKey(body.sessionKey);
    return { publicKey: Buffer.from(publicKey).toString('base64') };
  }
}

import { DeviceTokenRequest, OptInPath, type DeviceTokenResponse } from '@causeway/contracts/accounts';
import { CurrentCaller, UsersOnly, ZodBody, ZodParams, type Caller } from '@causeway/http';
import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import type { z } from 'zod';
import { Tokens } from './tokens.service.js';

/** `POST /v1/devices/{deviceId}/opt-ins/{gatekeeper}/tokens`: a device that logs in by itself gets its tokens. */
@Controller('v1/devices/:deviceId/opt-ins/:gatekeeper/tokens')
@UsersOnly()
export class DeviceTokensController {
  constructor(@Inject(Tokens) private readonly tokens: Tokens) {}

  @Post()
  @HttpCode(200)
  forDevice(
    @CurrentCaller() caller: Caller,
    @ZodParams(OptInPath) { deviceId, gatekeeper }: z.infer<typeof OptInPath>,
    @ZodBody(DeviceTokenRequest) request: DeviceTokenRequest,
  ): Promise<DeviceTokenResponse> {
    return this.tokens.forDevice(caller, deviceId, gatekeeper, request);
  }
}

import {
  EnlistmentReport,
  OptInPath,
  type EnlistmentTokenResponse,
  type OptInResponse,
} from '@causeway/contracts/accounts';
import { CurrentCaller, UsersOnly, ZodBody, ZodParams, type Caller } from '@causeway/http';
import { Controller, HttpCode, Inject, Post, Put } from '@nestjs/common';
import type { z } from 'zod';
import { answer } from '../opt-ins/opt-ins.controller.js';
import { DeviceEnlistments } from './device-enlistments.js';

type Path = z.infer<typeof OptInPath>;

/** `/v1/devices/{deviceId}/opt-ins/{gatekeeper}/enlistment`: a device that enlists itself. */
@Controller('v1/devices/:deviceId/opt-ins/:gatekeeper/enlistment')
@UsersOnly()
export class DeviceEnlistmentsController {
  constructor(@Inject(DeviceEnlistments) private readonly enlistments: DeviceEnlistments) {}

  @Post()
  @HttpCode(200)
  token(
    @CurrentCaller() caller: Caller,
    @ZodParams(OptInPath) { deviceId, gatekeeper }: Path,
  ): Promise<EnlistmentTokenResponse> {
    return this.enlistments.token(caller, deviceId, gatekeeper);
  }

  @Put()
  async report(
    @CurrentCaller() caller: Caller,
    @ZodParams(OptInPath) { deviceId, gatekeeper }: Path,
    @ZodBody(EnlistmentReport) body: EnlistmentReport,
  ): Promise<OptInResponse> {
    return answer(await this.enlistments.report(caller, deviceId, gatekeeper, body));
  }
}

import { DeletionReport, OptInPath, type OptInResponse } from '@causeway/contracts/accounts';
import { CurrentCaller, UsersOnly, ZodBody, ZodParams, type Caller } from '@causeway/http';
import { Controller, Inject, Put } from '@nestjs/common';
import type { z } from 'zod';
import { answer } from '../opt-ins/opt-ins.controller.js';
import { DeviceDeletions } from './device-deletions.js';

/** `/v1/devices/{deviceId}/opt-ins/{gatekeeper}/deletion`: a device that has had its account deleted by itself. */
@Controller('v1/devices/:deviceId/opt-ins/:gatekeeper/deletion')
@UsersOnly()
export class DeviceDeletionsController {
  constructor(@Inject(DeviceDeletions) private readonly deletions: DeviceDeletions) {}

  @Put()
  async report(
    @CurrentCaller() caller: Caller,
    @ZodParams(OptInPath) { deviceId, gatekeeper }: z.infer<typeof OptInPath>,
    @ZodBody(DeletionReport) body: DeletionReport,
  ): Promise<OptInResponse> {
    return answer(await this.deletions.report(caller, deviceId, gatekeeper, body));
  }
}

import { OptInPath, OptInRequest, type OptInResponse } from '@causeway/contracts/accounts';
import { CurrentCaller, UsersOnly, ZodBody, ZodParams, type Caller } from '@causeway/http';
import { Controller, Delete, Get, Inject, Put, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { Sights } from '../eligibility/sights.js';
import { OptIns } from './opt-ins.service.js';
import type { OptInRecord } from './opt-ins.store.js';

type Path = z.infer<typeof OptInPath>;

/** `/v1/devices/{deviceId}/opt-ins/{gatekeeper}`: one device's use of one gatekeeper. */
@Controller('v1/devices/:deviceId/opt-ins/:gatekeeper')
@UsersOnly()
export class OptInsController {
  constructor(
    @Inject(OptIns) private readonly optIns: OptIns,
    @Inject(Sights) private readonly sights: Sights,
  ) {}

  @Put()
  async optIn(
    @CurrentCaller() caller: Caller,
    @ZodParams(OptInPath) { deviceId, gatekeeper }: Path,
    @ZodBody(OptInRequest) body: OptInRequest,
    @Req() request: FastifyRequest,
  ): Promise<OptInResponse> {
    await this.sights.take(caller, request);
    return answer(await this.optIns.optIn(caller, deviceId, gatekeeper, body));
  }

  @Get()
  async find(
    @CurrentCaller() caller: Caller,
    @ZodParams(OptInPath) { deviceId, gatekeeper }: Path,
    @Req() request: FastifyRequest,
  ): Promise<OptInResponse> {
    await this.sights.take(caller, request);
    return answer(await this.optIns.find(caller, deviceId, gatekeeper));
  }

  @Delete()
  async withdraw(
    @CurrentCaller() caller: Caller,
    @ZodParams(OptInPath) { deviceId, gatekeeper }: Path,
  ): Promise<OptInResponse> {
    return answer(await this.optIns.withdraw(caller, deviceId, gatekeeper));
  }
}

/** @returns an opt-in as its device sees it */
export function answer({ id, gatekeeper, state, lastErrorCode }: OptInRecord): OptInResponse {
  return { optInId: id, gatekeeper, state, ...(lastErrorCode !== undefined && { lastErrorCode }) };
}

import {
  DevicePath,
  RegisterDeviceRequest,
  type DeviceListResponse,
  type RegisterDeviceResponse,
} from '@causeway/contracts/accounts';
import { DeviceId } from '@causeway/contracts/ids';
import { CurrentCaller, UsersOnly, ZodBody, ZodParams, type Caller } from '@causeway/http';
import { Controller, Delete, Get, HttpCode, Inject, Post } from '@nestjs/common';
import type { z } from 'zod';
import { Devices } from './devices.service.js';

/** `/v1/devices`: the caller's devices. */
@Controller('v1/devices')
@UsersOnly()
export class DevicesController {
  constructor(@Inject(Devices) private readonly devices: Devices) {}

  @Post()
  register(
    @CurrentCaller() caller: Caller,
    @ZodBody(RegisterDeviceRequest) { name }: z.infer<typeof RegisterDeviceRequest>,
  ): Promise<z.infer<typeof RegisterDeviceResponse>> {
    return this.devices.register(caller, name);
  }

  @Get()
  async list(@CurrentCaller() caller: Caller): Promise<DeviceListResponse> {
    const records = await this.devices.list(caller);
    return {
      devices: records.map(({ deviceId, name, createdAt }) => ({
        deviceId: DeviceId.parse(deviceId),
        ...(name !== undefined && { name }),
        createdAt: createdAt.getTime(),
      })),
    };
  }

  @Delete(':deviceId')
  @HttpCode(204)
  async remove(
    @CurrentCaller() caller: Caller,
    @ZodParams(DevicePath) { deviceId }: z.infer<typeof DevicePath>,
  ): Promise<void> {
    await this.devices.remove(caller, deviceId);
  }
}

import { UserModePath, UserModeRequest, type UserMode } from '@causeway/contracts/accounts';
import { BackendOnly, CurrentBackend, ZodBody, ZodParams, type Backend } from '@causeway/http';
import { Controller, Delete, Get, Inject, Put } from '@nestjs/common';
import type { z } from 'zod';
import { ConnectionModes } from '../modes/connection-modes.js';

type Path = z.infer<typeof UserModePath>;

/** `/provider/v1/users/{userId}/gatekeepers/{gatekeeper}/mode`: who speaks a gatekeeper's protocol for a user. */
@Controller('provider/v1/users/:userId/gatekeepers/:gatekeeper/mode')
export class ProviderModesController {
  constructor(@Inject(ConnectionModes) private readonly modes: ConnectionModes) {}

  /** Chooses the mode; what is open in another is closed, and the device opts in again. */
  @Put()
  @BackendOnly('causeway:users:write')
  choose(
    @CurrentBackend() { client }: Backend,
    @ZodParams(UserModePath) { userId, gatekeeper }: Path,
    @ZodBody(UserModeRequest) { mode }: z.infer<typeof UserModeRequest>,
  ): Promise<UserMode> {
    return this.modes.set(userId, gatekeeper, mode, client);
  }

  /** The mode that counts, and whether it was chosen. */
  @Get()
  @BackendOnly('causeway:users:read')
  find(@ZodParams(UserModePath) { userId, gatekeeper }: Path): Promise<UserMode> {
    return this.modes.get(userId, gatekeeper);
  }

  /** Goes back to the profile's mode with the next opt-in. */
  @Delete()
  @BackendOnly('causeway:users:write')
  reset(
    @CurrentBackend() { client }: Backend,
    @ZodParams(UserModePath) { userId, gatekeeper }: Path,
  ): Promise<UserMode> {
    return this.modes.set(userId, gatekeeper, undefined, client);
  }
}

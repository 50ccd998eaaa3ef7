import {
  accountsErrors,
  ProviderUserRequest,
  RegionRequest,
  SuspensionRequest,
  UserPath,
  type ProviderOptIns,
  type ProviderUser,
} from '@causeway/contracts/accounts';
import { UserId } from '@causeway/contracts/ids';
import {
  AccessTokenVerifier,
  BackendOnly,
  CurrentBackend,
  ZodBody,
  ZodParams,
  type Backend,
} from '@causeway/http';
import { Controller, Delete, Get, HttpCode, Inject, Put } from '@nestjs/common';
import type { z } from 'zod';
import { Eligibility } from '../eligibility/eligibility.service.js';
import { OptIns } from '../opt-ins/opt-ins.service.js';
import { refusal } from '../refusal.js';
import { Suspensions } from '../users/suspension.service.js';
import { Users } from '../users/users.store.js';

type Path = z.infer<typeof UserPath>;

/** `/provider/v1/users`: the provider's users, for its backend. */
@Controller('provider/v1/users')
export class ProviderUsersController {
  constructor(
    @Inject(AccessTokenVerifier) private readonly subjects: AccessTokenVerifier,
    @Inject(Users) private readonly users: Users,
    @Inject(OptIns) private readonly optIns: OptIns,
    @Inject(Suspensions) private readonly suspensions: Suspensions,
    @Inject(Eligibility) private readonly eligibility: Eligibility,
  ) {}

  /** `PUT /provider/v1/users`: the user of a subject of the provider's access tokens, who is created when new. */
  @Put()
  @BackendOnly('causeway:users:write')
  async create(
    @ZodBody(ProviderUserRequest) { subject }: z.infer<typeof ProviderUserRequest>,
  ): Promise<ProviderUser> {
    return this.#user(await this.users.findOrCreate(this.subjects.subjectHash(subject)));
  }

  /** `GET /provider/v1/users/{userId}`: how a user stands. */
  @Get(':userId')
  @BackendOnly('causeway:users:read')
  find(@ZodParams(UserPath) { userId }: Path): Promise<ProviderUser> {
    return this.#user(userId);
  }

  /** `GET /provider/v1/users/{userId}/opt-ins`: every opt-in of a user, oldest first. */
  @Get(':userId/opt-ins')
  @BackendOnly('causeway:users:read')
  async listOptIns(@ZodParams(UserPath) { userId }: Path): Promise<ProviderOptIns> {
    await this.#user(userId);
    const optIns = await this.optIns.listOfUser(userId);
    return {
      optIns: optIns.map(({ id: optInId, gatekeeper, deviceId, state, lastErrorCode, createdAt }) => ({
        optInId,
        gatekeeper,
        deviceId,
        state,
        ...(lastErrorCode !== undefined && { lastErrorCode }),
        createdAt: createdAt.getTime(),
      })),
    };
  }

  /** `PUT /provider/v1/users/{userId}/suspension`: bars a user at every gatekeeper. */
  @Put(':userId/suspension')
  @BackendOnly('causeway:users:write')
  @HttpCode(204)
  async suspend(
    @CurrentBackend() { client }: Backend,
    @ZodParams(UserPath) { userId }: Path,
    @ZodBody(SuspensionRequest) { reason }: z.infer<typeof SuspensionRequest>,
  ): Promise<void> {
    await this.suspensions.suspend(userId, { client, reason });
  }

  /** `DELETE /provider/v1/users/{userId}/suspension`: lets a user in again. */
  @Delete(':userId/suspension')
  @BackendOnly('causeway:users:write')
  @HttpCode(204)
  async reinstate(
    @CurrentBackend() { client }: Backend,
    @ZodParams(UserPath) { userId }: Path,
  ): Promise<void> {
    await this.suspensions.reinstate(userId, { client });
  }

  /** `PUT /provider/v1/users/{userId}/region`: in which country the provider has seen a user, and when. */
  @Put(':userId/region')
  @BackendOnly('causeway:users:write')
  @HttpCode(204)
  async observe(
    @ZodParams(UserPath) { userId }: Path,
    @ZodBody(RegionRequest) { country, observedAt }: RegionRequest,
  ): Promise<void> {
    await this.#user(userId);
    await this.eligibility.observe(userId, { country, at: observedAt, source: 'provider' });
  }

  async #user(id: string): Promise<ProviderUser> {
    const user = await this.users.get(id);
    if (user === undefined) throw refusal(accountsErrors.user_unknown);
    return { userId: UserId.parse(user.id), state: user.state };
  }
}

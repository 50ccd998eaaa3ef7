import { AccessTokenVerifier, ServiceTokenVerifier } from '@causeway/http';
import { rateLimits } from '@causeway/limits';
import { PersonalData, PersonalDataController } from '@causeway/personal-data';
import { Global, Module, type DynamicModule } from '@nestjs/common';
import type { ServiceContext } from './service.js';

/** Gives the guards of every service what they check tokens with. */
@Global()
@Module({})
export class RuntimeModule {
  /**
   * @returns the service's module with the runtime's providers around it
   * @param personalData what accounts may see and erase of what the service keeps about persons
   */
  static with(
    service: DynamicModule,
    context: Pick<ServiceContext, 'name' | 'identity' | 'accessTokens' | 'coordination' | 'clock'>,
    personalData?: PersonalData,
  ): DynamicModule {
    const { name, identity, accessTokens, coordination, clock } = context;
    return {
      module: RuntimeModule,
      imports: [service],
      controllers: personalData === undefined ? [] : [PersonalDataController],
      providers: [
        ...(personalData === undefined ? [] : [{ provide: PersonalData, useValue: personalData }]),
        { provide: AccessTokenVerifier, useValue: accessTokens },
        {
          provide: ServiceTokenVerifier,
          useValue: new ServiceTokenVerifier({
            audience: name,
            keys: identity.keys,
            mutualTls: identity.mutualTls,
            // A bucket of one that is refilled when the token is no longer valid. Without the engine nothing is taken.
            firstUse: async (id) => (await coordination.rates.take(rateLimits.serviceTokenUse, id)).allowed,
            clock,
          }),
        },
      ],
      exports: [AccessTokenVerifier, ServiceTokenVerifier],
    };
  }
}

import { AccessTokenVerifier, ServiceTokenVerifier } from '@causeway/http';
import { Global, Module, type DynamicModule } from '@nestjs/common';
import type { ServiceContext } from './service.js';

/** Gives the guards of every service what they check tokens with. */
@Global()
@Module({})
export class RuntimeModule {
  /** @returns the service's module with the runtime's providers around it. */
  static with(
    service: DynamicModule,
    context: Pick<ServiceContext, 'name' | 'identity' | 'accessTokens' | 'clock'>,
  ): DynamicModule {
    const { name, identity, accessTokens, clock } = context;
    return {
      module: RuntimeModule,
      imports: [service],
      providers: [
        { provide: AccessTokenVerifier, useValue: accessTokens },
        {
          provide: ServiceTokenVerifier,
          useValue: new ServiceTokenVerifier({
            audience: name,
            keys: identity.keys,
            mutualTls: identity.mutualTls,
            clock,
          }),
        },
      ],
      exports: [AccessTokenVerifier, ServiceTokenVerifier],
    };
  }
}

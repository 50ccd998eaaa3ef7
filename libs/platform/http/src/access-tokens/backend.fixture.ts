import { Controller, Get, Module, UseGuards, type DynamicModule } from '@nestjs/common';
import { AccessTokenVerifier } from './access-token.verifier.js';
import type { Backend } from './backend.js';
import { BackendCertificates, BackendGuard, BackendOnly, CurrentBackend } from './backend.guard.js';

@Controller('provider')
class ProviderController {
  @Get('read')
  @BackendOnly('causeway:users:read')
  read(@CurrentBackend() { client, rights }: Backend): object {
    return { client, rights: rights === 'all' ? rights : [...rights] };
  }

  @Get('unmarked')
  @UseGuards(BackendGuard)
  unmarked(): object {
    return {};
  }

  @Get('unguarded')
  unguarded(@CurrentBackend() backend: Backend): object {
    return backend;
  }
}

/** A service with handlers for the provider's backend, for tests. */
@Module({ controllers: [ProviderController] })
export class ProviderModule {
  static with(
    verifier: Pick<AccessTokenVerifier, 'verifyBackend'>,
    thumbprints: readonly string[],
  ): DynamicModule {
    return {
      module: ProviderModule,
      providers: [
        { provide: AccessTokenVerifier, useValue: verifier },
        { provide: BackendCertificates, useValue: new BackendCertificates(new Set(thumbprints)) },
        BackendGuard,
      ],
    };
  }
}

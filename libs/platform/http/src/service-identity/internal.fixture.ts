import { generateKeyPairSync } from 'node:crypto';
import { Controller, Get, Module, UseGuards, type DynamicModule } from '@nestjs/common';
import type { JSONWebKeySet, JWK } from 'jose';
import { CurrentCaller } from '../access-tokens/access-token.guard.js';
import type { Caller } from '../access-tokens/caller.js';
import { AppError } from '../errors/app-error.js';
import {
  CallingService,
  ServiceIdentityGuard,
  ServicesOnly,
  SingleUseToken,
} from './service-identity.guard.js';
import { ServiceTokenVerifier } from './service-token.js';

@ServicesOnly('session')
@Controller('internal')
class InternalController {
  @Get('who')
  who(@CallingService() service: string): object {
    return { service };
  }

  @ServicesOnly('fanout', 'keys')
  @Get('others')
  others(@CallingService() service: string): object {
    return { service };
  }

  @SingleUseToken()
  @Get('once')
  once(@CallingService() service: string): object {
    return { service };
  }

  @Get('refusal')
  refusal(): never {
    throw new AppError('opt_in_missing', 409, 'The user has not opted in.');
  }

  @Get('odd')
  odd(): object {
    return { something: 'else' };
  }

  @Get('nothing')
  nothing(): void {
    return undefined;
  }
}

@Controller('unmarked')
class UnmarkedController {
  @UseGuards(ServiceIdentityGuard)
  @Get('nobody')
  nobody(): object {
    return {};
  }

  @Get('unguarded-service')
  service(@CallingService() service: string): object {
    return { service };
  }

  @Get('unguarded-caller')
  caller(@CurrentCaller() caller: Caller): object {
    return caller;
  }
}

/** A service with internal handlers, for tests. */
@Module({ controllers: [InternalController, UnmarkedController] })
export class InternalModule {
  static with(verifier: ServiceTokenVerifier): DynamicModule {
    return {
      module: InternalModule,
      providers: [{ provide: ServiceTokenVerifier, useValue: verifier }, ServiceIdentityGuard],
    };
  }
}

/** Key pairs of services, for tests: private JWKs by name and the set of all public ones. */
export function serviceKeys(...kids: readonly string[]): {
  privateJwks: Record<string, JWK>;
  keys: JSONWebKeySet;
} {
  const pairs = kids.map((kid) => {
    const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
    return { kid, publicJwk: { kty: 'OKP', crv: 'Ed25519', x, kid }, d };
  });
  const privateJwks = Object.fromEntries(pairs.map(({ kid, publicJwk, d }) => [kid, { ...publicJwk, d }]));
  return { privateJwks, keys: { keys: pairs.map(({ publicJwk }) => publicJwk) } };
}

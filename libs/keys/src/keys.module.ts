import type { Coordination } from '@causeway/coordination';
import { Postgres } from '@causeway/postgres';
import { Inject, Module, type DynamicModule, type OnApplicationBootstrap } from '@nestjs/common';
import { COORDINATION, EnlistmentKeysController, KeysController } from './published/keys.controller.js';
import { PublishedKeys } from './published/published-keys.service.js';

const START = Symbol('START');

/** The HTTP side of the keys service; its consumers start with the application. */
@Module({})
export class KeysModule implements OnApplicationBootstrap {
  constructor(@Inject(START) private readonly start: () => Promise<void>) {}

  static with(
    keys: PublishedKeys,
    postgres: Postgres,
    coordination: Coordination,
    start: () => Promise<void>,
  ): DynamicModule {
    return {
      module: KeysModule,
      controllers: [KeysController, EnlistmentKeysController],
      providers: [
        { provide: PublishedKeys, useValue: keys },
        { provide: Postgres, useValue: postgres },
        { provide: COORDINATION, useValue: coordination },
        { provide: START, useValue: start },
      ],
    };
  }

  onApplicationBootstrap(): Promise<void> {
    return this.start();
  }
}

import { Inject, Module, type DynamicModule, type OnApplicationBootstrap } from '@nestjs/common';
import { DeletionsController } from './deletions/deletions.controller.js';
import { Deletions } from './deletions/deletions.service.js';
import { NoiseKeysController } from './noise-keys/noise-keys.controller.js';
import { NoiseKeys } from './noise-keys/noise-keys.service.js';

const START = Symbol('START');

/** The HTTP side of the session service; its consumer starts with the application. */
@Module({})
export class SessionModule implements OnApplicationBootstrap {
  constructor(@Inject(START) private readonly start: () => Promise<void>) {}

  static with(noiseKeys: NoiseKeys, deletions: Deletions, start: () => Promise<void>): DynamicModule {
    return {
      module: SessionModule,
      controllers: [DeletionsController, NoiseKeysController],
      providers: [
        { provide: Deletions, useValue: deletions },
        { provide: NoiseKeys, useValue: noiseKeys },
        { provide: START, useValue: start },
      ],
    };
  }

  onApplicationBootstrap(): Promise<void> {
    return this.start();
  }
}

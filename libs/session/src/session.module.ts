import type { Server } from 'node:http';
import { Inject, Module, type DynamicModule, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DeletionsController } from './deletions/deletions.controller.js';
import { Deletions } from './deletions/deletions.service.js';
import { NoiseKeysController } from './noise-keys/noise-keys.controller.js';
import { NoiseKeys } from './noise-keys/noise-keys.service.js';

const START = Symbol('START');

/** The HTTP side of the session service; its consumer and its tunnels start with the application. */
@Module({})
export class SessionModule implements OnApplicationBootstrap {
  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(START) private readonly start: (server: Server) => Promise<void>,
  ) {}

  /** @param start told the HTTP server, which the application listens with */
  static with(
    noiseKeys: NoiseKeys,
    deletions: Deletions,
    start: (server: Server) => Promise<void>,
  ): DynamicModule {
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
    return this.start(this.host.httpAdapter.getHttpServer() as Server);
  }
}

import type { Server } from 'node:http';
import { limits } from '@causeway/limits';
import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { DownloadsController, PUBLIC_FETCHES, type PublicFetches } from './downloads/downloads.controller.js';
import { RELAY_DESK, RelayController, type RelayDesk } from './relay/relay.controller.js';
import type { Gate } from './transfers/gate.js';
import { UploadServer } from './uploads/upload-server.js';
import { UPLOAD_GATE, UploadsController } from './uploads/uploads.controller.js';

const START = Symbol('START');
const UPLOAD_TYPE = 'application/offset+octet-stream';

/** What the HTTP side of the media service works with. */
export interface MediaParts {
  readonly uploads: UploadServer;
  readonly uploadGate: Gate;
  readonly fetches: PublicFetches;
  readonly relay: RelayDesk;
  /** Starts the consumer and the sweeper. */
  readonly start: () => Promise<void>;
}

/** The HTTP side of the media service. */
@Module({})
export class MediaModule implements OnModuleInit, OnApplicationBootstrap {
  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(START) private readonly start: () => Promise<void>,
  ) {}

  static with({ uploads, uploadGate, fetches, relay, start }: MediaParts): DynamicModule {
    return {
      module: MediaModule,
      controllers: [UploadsController, DownloadsController, RelayController],
      providers: [
        { provide: UploadServer, useValue: uploads },
        { provide: UPLOAD_GATE, useValue: uploadGate },
        { provide: PUBLIC_FETCHES, useValue: fetches },
        { provide: RELAY_DESK, useValue: relay },
        { provide: START, useValue: start },
      ],
    };
  }

  onModuleInit(): void {
    const fastify: FastifyInstance = this.host.httpAdapter.getInstance();
    // The bytes stay in the request, for whoever takes them at his own pace.
    fastify.addContentTypeParser(UPLOAD_TYPE, (_request, _payload, done) => done(null));
    // A whole upload takes longer than other requests; one that stands still is cut long before.
    (this.host.httpAdapter.getHttpServer() as Server).requestTimeout = limits.mediaTransferMs.value;
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.start();
  }
}

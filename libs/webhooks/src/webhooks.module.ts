import { HttpAdapterHost } from '@nestjs/core';
import { Inject, Module, type DynamicModule, type OnApplicationBootstrap } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { DiscoveryDocument } from './published-keys/discovery-document.js';
import { JwksFile } from './published-keys/jwks-file.js';
import { PublishedKeysController } from './published-keys/published-keys.controller.js';
import { PUSH_INTAKE, PushController, type PushIntake } from './push/push.controller.js';

/** What the module is made of. */
export interface WebhooksParts {
  readonly intake: PushIntake;
  readonly keys: JwksFile;
  readonly document: DiscoveryDocument;
  /** Called when the application is there and before it listens. */
  readonly start?: (fastify: FastifyInstance) => Promise<void>;
}

const START = Symbol('START');

/** The HTTP side of the webhooks service. */
@Module({})
export class WebhooksModule implements OnApplicationBootstrap {
  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(START) private readonly start: NonNullable<WebhooksParts['start']>,
  ) {}

  static with({ intake, keys, document, start = async () => undefined }: WebhooksParts): DynamicModule {
    return {
      module: WebhooksModule,
      controllers: [PublishedKeysController, PushController],
      providers: [
        { provide: PUSH_INTAKE, useValue: intake },
        { provide: JwksFile, useValue: keys },
        { provide: DiscoveryDocument, useValue: document },
        { provide: START, useValue: start },
      ],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.start(this.host.httpAdapter.getInstance<FastifyInstance>());
  }
}

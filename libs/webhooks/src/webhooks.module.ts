import { Inject, Module, type DynamicModule, type OnApplicationBootstrap } from '@nestjs/common';
import { JwksFile } from './published-keys/jwks-file.js';
import { PUBLIC_URL, PublishedKeysController } from './published-keys/published-keys.controller.js';
import { PUSH_INTAKE, PushController, type PushIntake } from './push/push.controller.js';

/** The HTTP side of the webhooks service. */
@Module({})
export class WebhooksModule implements OnApplicationBootstrap {
  constructor(@Inject(PUSH_INTAKE) private readonly intake: PushIntake) {}

  static with(intake: PushIntake, keys: JwksFile, publicUrl: string): DynamicModule {
    return {
      module: WebhooksModule,
      controllers: [PublishedKeysController, PushController],
      providers: [
        { provide: PUSH_INTAKE, useValue: intake },
        { provide: JwksFile, useValue: keys },
        { provide: PUBLIC_URL, useValue: publicUrl },
      ],
    };
  }

  onApplicationBootstrap(): void {
    this.intake.resolver.kick();
  }
}

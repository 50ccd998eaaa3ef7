import { Inject, Module, type DynamicModule, type OnApplicationBootstrap } from '@nestjs/common';
import { DevicesController } from './devices/devices.controller.js';
import { Devices } from './devices/devices.service.js';
import { DeviceEnlistmentsController } from './enlistment/device-enlistments.controller.js';
import { DeviceEnlistments } from './enlistment/device-enlistments.js';
import { OptInsController } from './opt-ins/opt-ins.controller.js';
import { OptIns } from './opt-ins/opt-ins.service.js';
import { TokensController } from './tokens/tokens.controller.js';
import { Tokens } from './tokens/tokens.service.js';

const START = Symbol('START');

export interface AccountsProviders {
  readonly devices: Devices;
  readonly deviceEnlistments: DeviceEnlistments;
  readonly optIns: OptIns;
  readonly tokens: Tokens;
}

/** The HTTP side of the accounts service; its consumer and its sweeper start with the application. */
@Module({})
export class AccountsModule implements OnApplicationBootstrap {
  constructor(@Inject(START) private readonly start: () => Promise<void>) {}

  static with(
    { devices, deviceEnlistments, optIns, tokens }: AccountsProviders,
    start: () => Promise<void>,
  ): DynamicModule {
    return {
      module: AccountsModule,
      controllers: [DevicesController, DeviceEnlistmentsController, OptInsController, TokensController],
      providers: [
        { provide: Devices, useValue: devices },
        { provide: DeviceEnlistments, useValue: deviceEnlistments },
        { provide: OptIns, useValue: optIns },
        { provide: Tokens, useValue: tokens },
        { provide: START, useValue: start },
      ],
    };
  }

  onApplicationBootstrap(): Promise<void> {
    return this.start();
  }
}

import { Inject, Module, type DynamicModule, type OnApplicationBootstrap } from '@nestjs/common';
import { DevicesController } from './devices/devices.controller.js';
import { BackendCertificates } from '@causeway/http';
import { Devices } from './devices/devices.service.js';
import { DeviceEnlistmentsController } from './enlistment/device-enlistments.controller.js';
import { DeviceEnlistments } from './enlistment/device-enlistments.js';
import { Eligibility } from './eligibility/eligibility.service.js';
import { Sights } from './eligibility/sights.js';
import { Assertions } from './identifiers/assertions.js';
import { DeviceDeletionsController } from './leaving/device-deletions.controller.js';
import { DeviceDeletions } from './leaving/device-deletions.js';
import { ConnectionModes } from './modes/connection-modes.js';
import { AccountController } from './personal-data/account.controller.js';
import { Erasures } from './personal-data/erasure.service.js';
import { Exports } from './personal-data/export.service.js';
import { ProviderDataController } from './provider/provider-data.controller.js';
import { ProviderIdentifiersController } from './provider/provider-identifiers.controller.js';
import { ProviderModesController } from './provider/provider-modes.controller.js';
import { ProviderUsersController } from './provider/provider-users.controller.js';
import { Suspensions } from './users/suspension.service.js';
import { Users } from './users/users.store.js';
import { OptInsController } from './opt-ins/opt-ins.controller.js';
import { OptIns } from './opt-ins/opt-ins.service.js';
import { DeviceTokensController } from './tokens/device-tokens.controller.js';
import { TokensController } from './tokens/tokens.controller.js';
import { Tokens } from './tokens/tokens.service.js';

const START = Symbol('START');

export interface AccountsProviders {
  readonly devices: Devices;
  readonly deviceEnlistments: DeviceEnlistments;
  readonly deviceDeletions: DeviceDeletions;
  readonly connectionModes: ConnectionModes;
  readonly optIns: OptIns;
  readonly tokens: Tokens;
  readonly users: Users;
  readonly sights: Sights;
  readonly eligibility: Eligibility;
  readonly suspensions: Suspensions;
  readonly assertions: Assertions;
  readonly erasures: Erasures;
  readonly exports: Exports;
  readonly certificates: BackendCertificates;
}

/** The HTTP side of the accounts service; its consumer and its sweeper start with the application. */
@Module({})
export class AccountsModule implements OnApplicationBootstrap {
  constructor(@Inject(START) private readonly start: () => Promise<void>) {}

  static with(parts: AccountsProviders, start: () => Promise<void>): DynamicModule {
    return {
      module: AccountsModule,
      controllers: [
        DevicesController,
        DeviceEnlistmentsController,
        DeviceDeletionsController,
        OptInsController,
        DeviceTokensController,
        TokensController,
        AccountController,
        ProviderUsersController,
        ProviderModesController,
        ProviderIdentifiersController,
        ProviderDataController,
      ],
      providers: [
        { provide: Devices, useValue: parts.devices },
        { provide: DeviceEnlistments, useValue: parts.deviceEnlistments },
        { provide: DeviceDeletions, useValue: parts.deviceDeletions },
        { provide: ConnectionModes, useValue: parts.connectionModes },
        { provide: OptIns, useValue: parts.optIns },
        { provide: Tokens, useValue: parts.tokens },
        { provide: Users, useValue: parts.users },
        { provide: Sights, useValue: parts.sights },
        { provide: Eligibility, useValue: parts.eligibility },
        { provide: Suspensions, useValue: parts.suspensions },
        { provide: Assertions, useValue: parts.assertions },
        { provide: Erasures, useValue: parts.erasures },
        { provide: Exports, useValue: parts.exports },
        { provide: BackendCertificates, useValue: parts.certificates },
        { provide: START, useValue: start },
      ],
    };
  }

  onApplicationBootstrap(): Promise<void> {
    return this.start();
  }
}

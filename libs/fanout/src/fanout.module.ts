import type { Server } from 'node:http';
import { Inject, Module, type DynamicModule, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { WEB_PUSH_DESK, WebPushController, type WebPushDesk } from './push/web-push.controller.js';
import { SocketServer } from './sockets/socket-server.js';

const START = Symbol('START');

/** Hangs the socket server onto the service's HTTP server; the consumers start with the application. */
@Module({})
export class FanoutModule implements OnApplicationBootstrap {
  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(SocketServer) private readonly sockets: SocketServer,
    @Inject(START) private readonly start: () => Promise<void>,
  ) {}

  static with(sockets: SocketServer, webPush: WebPushDesk, start: () => Promise<void>): DynamicModule {
    return {
      module: FanoutModule,
      controllers: [WebPushController],
      providers: [
        { provide: WEB_PUSH_DESK, useValue: webPush },
        { provide: SocketServer, useValue: sockets },
        { provide: START, useValue: start },
      ],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.start();
    this.sockets.attach(this.host.httpAdapter.getHttpServer() as Server);
  }
}

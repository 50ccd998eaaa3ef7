import type { AddressInfo } from 'node:net';
import { JWKS_PATH } from '@causeway/contracts/webhooks';
import { createHttpApp } from '@causeway/http';
import { Lifecycle } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { startService } from '@causeway/runtime';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { webhooksService } from '@causeway/webhooks';
import { Controller, Get, HttpCode, Module, Post } from '@nestjs/common';

/** The same server with handlers that do nothing. */
@Controller()
class EmptyController {
  @Post(':gatekeeper/push')
  @HttpCode(200)
  push(): void {}

  @Get(JWKS_PATH)
  jwks(): void {}
}

@Module({ controllers: [EmptyController] })
class EmptyModule {}

async function startEmpty(): Promise<string> {
  const logger = createLogger({ service: 'bench', level: 'silent' });
  const app = await createHttpApp(EmptyModule, {
    name: 'empty',
    logger,
    metrics: createMetrics('webhooks'),
    lifecycle: new Lifecycle({ logger }),
    bodyLimit: limits.pushBodyBytes.value,
    trustedProxies: ['127.0.0.1'],
  });
  await app.listen(0, '127.0.0.1');
  return `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
}

/** One of the two servers in a process of its own, so that its processor time is its own. Ends with its parent. */
process.on('disconnect', () => process.exit());
const url = process.argv[2] === 'empty' ? await startEmpty() : (await startService(webhooksService)).url;
process.send?.(url);

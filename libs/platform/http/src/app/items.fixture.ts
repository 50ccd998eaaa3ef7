import { currentTraceparent } from '@causeway/telemetry';
import { Body, Controller, Get, HttpException, Module, Post } from '@nestjs/common';
import { z } from 'zod';
import { AppError } from '../errors/app-error.js';
import { RemoteError } from '../service-identity/remote.errors.js';
import { ZodBody, ZodParams, ZodQuery } from '../validation/zod.decorators.js';

const item = z.strictObject({
  count: z.number().int().max(9),
  inner: z.object({ name: z.string() }).optional(),
});

@Controller('items')
class ItemsController {
  @Get(':id')
  read(@ZodParams(z.object({ id: z.uuid() })) { id }: { id: string }): object {
    return { id };
  }

  @Get()
  list(@ZodQuery(z.object({ limit: z.coerce.number().max(100) })) query: { limit: number }): object {
    return query;
  }

  @Post()
  create(@ZodBody(item) body: z.output<typeof item>): object {
    return body;
  }

  @Post('raw')
  raw(@Body() body: unknown): object {
    return { traceparent: currentTraceparent(), isBody: body !== undefined };
  }
}

const failures: Record<string, () => unknown> = {
  own: () => new AppError('opt_in_missing', 409, 'The user has not opted in.'),
  limited: () => new AppError('rate_limited', 429, 'Too many.', { retryAfterMs: 1_500 }),
  plain: () => new Error('planted secret'),
  text: () => 'planted secret',
  nothing: () => undefined,
  framework: () => new HttpException('planted secret', 403),
  teapot: () => new HttpException('planted secret', 418),
  down: () => new RemoteError('service_unreachable', 0, 'accounts'),
  refused: () => new RemoteError('planted_secret', 403, 'accounts'),
  disguised: () => Object.assign(new Error('planted secret'), { statusCode: 400, code: 'SOME_CODE' }),
};

@Controller('fail')
class FailController {
  @Get(':how')
  fail(@ZodParams(z.object({ how: z.string() })) { how }: { how: string }): never {
    throw failures[how]?.();
  }
}

/** A module for tests of the HTTP layer: it validates, parses and fails in every way. */
@Module({ controllers: [ItemsController, FailController] })
export class ItemsModule {}

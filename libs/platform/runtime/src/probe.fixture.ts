import { Controller, Get, Module, type DynamicModule } from '@nestjs/common';
import type { ServiceContext, ServiceDefinition } from './service.js';

@Controller('probe')
class ProbeController {
  @Get()
  read(): object {
    return { here: true };
  }
}

@Module({ controllers: [ProbeController] })
class ProbeModule {}

/** A service with nothing of its own. */
export function probe(
  onModule: (context: ServiceContext) => void | Promise<void> = () => undefined,
): ServiceDefinition<[]> {
  return {
    name: 'keys',
    sections: [],
    outbox: undefined,
    async module(context): Promise<DynamicModule> {
      await onModule(context);
      return { module: ProbeModule };
    },
  };
}

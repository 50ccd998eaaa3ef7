import type { LoggerService } from '@nestjs/common';
import type { Logger } from '@causeway/telemetry';

/** Nest's own records: what it tells of its start is detail, what it complains of is passed on without its text's arguments. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown): void {
    this.logger.debug({}, textOf(message));
  }

  debug(message: unknown): void {
    this.logger.debug({}, textOf(message));
  }

  verbose(message: unknown): void {
    this.logger.trace({}, textOf(message));
  }

  warn(message: unknown): void {
    this.logger.warn({}, textOf(message));
  }

  error(message: unknown): void {
    if (message instanceof Error) this.logger.error({ err: message }, 'error in the framework');
    else this.logger.error({}, textOf(message));
  }

  fatal(message: unknown): void {
    this.error(message);
  }
}

function textOf(message: unknown): string {
  return typeof message === 'string' ? message : 'a record of the framework';
}

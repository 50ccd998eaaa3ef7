import type { Lifecycle } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { RequestsInFlight } from '../operations/request-hooks.js';

/** The longest that closing the application may take after its requests ended, in milliseconds. */
const closeMs = 5_000;

interface Closing {
  readonly name: string;
  readonly app: NestFastifyApplication;
  readonly inFlight: RequestsInFlight;
}

/** Ties an application's end to the drain. */
export function closeWith(lifecycle: Lifecycle, { name, app, inFlight }: Closing): void {
  const server = app.getHttpServer();
  const stopIntake = async (): Promise<void> => {
    // Upgraded sockets keep the server's own callback waiting; they are closed in a later stage.
    server.close();
    await inFlight.none();
  };
  lifecycle.onStop(`${name} http intake`, 'intake', stopIntake, limits.httpRequestMs.value);
  lifecycle.onStop(`${name} http`, 'connections', () => app.close(), closeMs);
}

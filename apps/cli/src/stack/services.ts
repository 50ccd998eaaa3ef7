import { join } from 'node:path';
import { accountsService } from '@causeway/accounts';
import { fanoutService } from '@causeway/fanout';
import { keysService } from '@causeway/keys';
import { mediaService } from '@causeway/media';
import { startService, type RunningService, type StartOptions } from '@causeway/runtime';
import { sessionService } from '@causeway/session';
import { webhooksService } from '@causeway/webhooks';
import type { ServiceEnvironments } from './environments.js';

/** The six services of one process. */
export interface StackServices {
  /** Drains all: those that take work in first, those that others call last. */
  drain(): Promise<boolean>;
}

type LogDestination = NonNullable<StartOptions['logDestination']>;

/** Starts the six services in this process, each with its own port, pool and consumer group. */
export async function startServices(
  env: ServiceEnvironments,
  logDestination: LogDestination,
): Promise<StackServices> {
  const running: RunningService[] = [];
  const drain = async () => {
    const reports = await Promise.all(running.splice(0).map((service) => service.drain()));
    return reports.every(({ clean }) => clean);
  };
  try {
    // One after another: Nest builds its modules faster so than when six share the processor, and a failure names one.
    running.push(await startService(accountsService, { env: env.accounts, logDestination }));
    running.push(await startService(keysService, { env: env.keys, logDestination }));
    running.push(await startService(sessionService, { env: env.session, logDestination }));
    running.push(await startService(fanoutService, { env: env.fanout, logDestination }));
    running.push(await startService(mediaService, { env: env.media, logDestination }));
    running.push(await startService(webhooksService, { env: env.webhooks, logDestination }));
    return { drain };
  } catch (error) {
    await drain();
    throw error;
  }
}

/** Where a stack keeps its files, below its data folder. */
export function stackFolders(dataDir: string) {
  return {
    database: join(dataDir, 'postgres'),
    blobs: join(dataDir, 'blobs'),
    profiles: join(dataDir, 'profiles'),
    devices: join(dataDir, 'devices'),
    jwks: join(dataDir, 'jwks.json'),
    log: join(dataDir, 'services.log'),
    endpoints: join(dataDir, 'endpoints.json'),
  };
}

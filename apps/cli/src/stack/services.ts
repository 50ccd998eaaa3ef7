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

/**
 * Starts the six services in this process, each with its own port, pool and consumer group.
 * @param openBus opens their event bus in place of the one that the settings name
 */
export async function startServices(
  env: ServiceEnvironments,
  logDestination: LogDestination,
  openBus?: StartOptions['openBus'],
): Promise<StackServices> {
  const running: RunningService[] = [];
  const options = { logDestination, ...(openBus !== undefined && { openBus }) };
  const drain = async () => {
    const reports = await Promise.all(running.splice(0).map((service) => service.drain()));
    return reports.every(({ clean }) => clean);
  };
  try {
    // One after another: Nest builds its modules faster so than when six share the processor, and a failure names one.
    running.push(await startService(accountsService, { env: env.accounts, ...options }));
    running.push(await startService(keysService, { env: env.keys, ...options }));
    running.push(await startService(sessionService, { env: env.session, ...options }));
    running.push(await startService(fanoutService, { env: env.fanout, ...options }));
    running.push(await startService(mediaService, { env: env.media, ...options }));
    running.push(await startService(webhooksService, { env: env.webhooks, ...options }));
    return { drain };
  } catch (error) {
    await drain();
    throw error;
  }
}

import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startColumn } from '@causeway/e2e';
import type { Engines } from '@causeway/testing';
import type { StackEndpoints } from 'causeway/stack';
import { stackPorts, startStack } from 'causeway/stack';
import { newDataDir } from '../machine/data-dir.js';
import { DirectBus } from './direct-bus.js';

/** What messages travel through: the log of each column, or no log. */
export type Variant = 'embedded' | 'direct' | 'production';

/** A running system with the gatekeeper's simulator. */
export interface System {
  readonly endpoints: StackEndpoints & { readonly control: string };
  readonly devicesFolder: string;
  stop(): Promise<void>;
}

const profileTemplate = fileURLToPath(new URL('../../../deploy/profiles/simulator.yaml', import.meta.url));
/** As in development stacks. */
const PARTITIONS = 8;
const custody = 'gatekeeper';

/** Starts the system of a variant on ports of its own. @param engines needed by `production` alone */
export async function startSystem(variant: Variant, portBase: number, engines?: Engines): Promise<System> {
  if (variant === 'production') {
    if (engines === undefined) throw new Error('the production column needs engines');
    const { endpoints, devicesFolder, stop } = await startColumn('production', engines, {
      portBase,
      custody,
    });
    return { endpoints, devicesFolder, stop };
  }
  const dataDir = newDataDir();
  const bus = new DirectBus(PARTITIONS);
  const stack = await startStack({
    dataDir,
    ports: stackPorts(portBase),
    gatekeeper: { kind: 'simulator', custody, profileTemplate },
    fresh: false,
    environment: {},
    logLevel: 'info',
    ...(variant === 'direct' && { openBus: () => bus }),
    log: () => undefined,
  }).catch((error: unknown) => {
    rmSync(dataDir, { recursive: true, force: true });
    throw error;
  });
  const { control } = stack.endpoints;
  if (control === undefined) throw new Error('the stack has no simulator');
  return {
    endpoints: { ...stack.endpoints, control },
    devicesFolder: stack.devicesFolder,
    async stop() {
      await stack.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SimulatorOptions } from '@causeway/gatekeeper-sim';
import { formatProfile, loadProfile, resolveProfile } from '@causeway/profiles';
import type { StackPorts } from './ports.js';
import { startStackSimulator, writeSimulatorProfile, type Custody } from './simulator.js';

/** Which gatekeeper a stack talks to: the simulator beside it, or whoever a profile file names. */
export type GatekeeperChoice =
  | {
      readonly kind: 'simulator';
      readonly custody: Custody;
      readonly profileTemplate: string;
      /** Where the simulator's bounds differ from its own. */
      readonly limits?: SimulatorOptions['limits'];
    }
  | { readonly kind: 'profile'; readonly file: string };

/** The other side of a stack. */
export interface StackGatekeeper {
  /** Name of the profile that the services load. */
  readonly profile: string;
  /** The simulator's control API, if it runs here. */
  readonly control?: string;
  stop(): Promise<void>;
}

/**
 * Starts the simulator or reads the profile, and puts the profile where the services look for it.
 * @throws {ProfileError} one line that says what is wrong with the profile
 */
export async function openGatekeeper(
  choice: GatekeeperChoice,
  profilesFolder: string,
  ports: StackPorts,
  rootKey: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<StackGatekeeper> {
  if (choice.kind === 'profile') {
    const profile = resolveProfile(await loadProfile(choice.file));
    mkdirSync(profilesFolder, { recursive: true });
    writeFileSync(join(profilesFolder, `${profile.id}.yaml`), formatProfile(profile));
    return { profile: profile.id, stop: async () => undefined };
  }
  const simulator = await startStackSimulator(ports, rootKey, environment, choice.limits);
  try {
    const { custody, profileTemplate } = choice;
    const profile = await writeSimulatorProfile(profileTemplate, profilesFolder, ports, simulator, custody);
    return { profile, control: simulator.endpoints.control, stop: () => simulator.stop() };
  } catch (error) {
    await simulator.stop();
    throw error;
  }
}

import { runMainJob } from '../journey/main-job.js';
import { Phone } from '../journey/phone.js';
import { writeSamples } from '../journey/samples.js';
import { stepNames, type StepResult } from '../journey/step.js';
import { ProviderUser } from '../journey/user.js';
import { CliError } from '../errors.js';
import { join } from 'node:path';
import type { Stack } from '../stack/stack.js';

/** Phone number of the gatekeeper's user in the demonstration. */
export const BOB = '4915550001';

/**
 * Carries out the main job on a stack, with a device of alice and bob's phone.
 * @param ended no further step begins once it is aborted
 */
export async function converse(
  stack: Stack,
  folder: string,
  onStep: (result: StepResult) => void,
  ended: AbortSignal,
): Promise<StepResult[]> {
  const { control } = stack.endpoints;
  if (control === undefined) throw new CliError('no_simulator', 'the stack runs without the simulator');
  const alice = new ProviderUser('alice', stack.endpoints, stack.devicesFolder);
  const bob = new Phone(control, BOB);
  const samples = writeSamples(join(folder, 'samples'));
  try {
    await bob.create('Bob');
    const journey = { alice, bob, wakes: stack.wakes, samples, ids: new Map<string, string>() };
    return await runMainJob(journey, onStep, stepNames, ended);
  } finally {
    await alice.device.close();
  }
}

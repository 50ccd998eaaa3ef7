import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Terminal } from '../output/terminal.js';
import { loadDevelopmentKeys } from '../stack/development-keys.js';
import { basePorts, stackPorts } from '../stack/ports.js';
import { requireDevelopment } from '../stack/require-development.js';
import { requireFreePorts } from '../stack/require-free-ports.js';
import { startStackSimulator, writeSimulatorProfile, type Custody } from '../stack/simulator.js';
import { simulatorProfile, type CommandContext } from './environment.js';
import { aborted, abortedByProcess } from './signals.js';

export interface SimOptions {
  readonly portBase?: number;
  readonly custody: Custody;
}

/**
 * `causeway sim`: the gatekeeper simulator alone, for a stack on the usual ports. It writes the profile with which
 * `causeway start --no-sim --profile` reaches it.
 */
export async function sim(options: SimOptions, context: CommandContext, terminal: Terminal): Promise<number> {
  const ended = abortedByProcess();
  requireDevelopment(context.environment);
  const dataDir = join(context.dataRoot, 'sim');
  const ports = stackPorts(options.portBase ?? basePorts.start);
  await requireFreePorts({ simulator: ports.simulator, chat: ports.chat });
  const { simulatorRootKey } = loadDevelopmentKeys(dataDir);
  const simulator = await startStackSimulator(ports, simulatorRootKey, context.environment);
  try {
    const profile = await writeSimulatorProfile(simulatorProfile, dataDir, ports, simulator, options.custody);
    writeFileSync(join(dataDir, 'endpoints.json'), `${JSON.stringify(simulator.endpoints, null, 2)}\n`);
    terminal.title('Gatekeeper simulator');
    for (const [name, url] of Object.entries(simulator.endpoints))
      terminal.line(`  ${name.padEnd(11)} ${url}`);
    terminal.line(`  ${'profile'.padEnd(11)} ${join(dataDir, `${profile}.yaml`)}`);
    await aborted(ended);
    return 0;
  } finally {
    await simulator.stop();
  }
}

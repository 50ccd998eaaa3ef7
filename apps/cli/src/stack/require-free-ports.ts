import { createServer } from 'node:net';
import { CliError } from '../errors.js';

/**
 * Looks before anything is started, so that a second start says what is wrong in one line.
 * @param ports by the name of what is to listen there
 * @throws {CliError} `port_in_use`
 */
export async function requireFreePorts(ports: Readonly<Record<string, number>>): Promise<void> {
  for (const [name, port] of Object.entries(ports)) {
    if (!(await isFree(port))) {
      throw new CliError(
        'port_in_use',
        `port ${port} (${name}) is in use: stop what listens there, or choose others with --port-base`,
      );
    }
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

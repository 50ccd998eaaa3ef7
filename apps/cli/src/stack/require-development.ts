import { CliError } from '../errors.js';

/**
 * The development identity provider gives anybody a token, and the simulator is nobody's gatekeeper.
 * @throws {CliError} `production`
 */
export function requireDevelopment(environment: Readonly<Record<string, string | undefined>>): void {
  if (environment['NODE_ENV'] !== 'production') return;
  throw new CliError(
    'production',
    'the simulator and the development identity provider do not start with NODE_ENV=production',
  );
}

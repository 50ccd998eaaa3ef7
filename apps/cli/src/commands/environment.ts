import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the repository, in which the profiles of the deployment lie. */
export const repositoryRoot = fileURLToPath(new URL('../../../..', import.meta.url));

/** The simulator's profile, whose addresses are known only when it runs. */
export const simulatorProfile = join(repositoryRoot, 'deploy/profiles/simulator.yaml');

/** What a command works in. */
export interface CommandContext {
  /** Folder below which stacks keep their data. */
  readonly dataRoot: string;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

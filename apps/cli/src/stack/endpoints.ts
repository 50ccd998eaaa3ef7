import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { CliError } from '../errors.js';

/** Where a running stack is reached; written to `endpoints.json` while it runs. */
const StackEndpoints = z.object({
  services: z.object({
    accounts: z.url(),
    keys: z.url(),
    session: z.url(),
    fanout: z.url(),
    media: z.url(),
    webhooks: z.url(),
  }),
  gatekeeper: z.string(),
  tokenUrl: z.url(),
  /** Control API of the simulator, if the stack has one. */
  control: z.url().optional(),
});
export type StackEndpoints = z.infer<typeof StackEndpoints>;

export function writeEndpoints(file: string, endpoints: StackEndpoints): void {
  writeFileSync(file, `${JSON.stringify(endpoints, null, 2)}\n`);
}

export function removeEndpoints(file: string): void {
  rmSync(file, { force: true });
}

/** @throws {CliError} `not_running` when no stack runs, `endpoints_unreadable` */
export function readEndpoints(file: string): StackEndpoints {
  if (!existsSync(file)) {
    throw new CliError(
      'not_running',
      `no stack is running here (${file} is not there): run "npm start" first`,
    );
  }
  const parsed = StackEndpoints.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success) throw new CliError('endpoints_unreadable', `${file} is not an endpoints file`);
  return parsed.data;
}

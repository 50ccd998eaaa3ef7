import { readFile } from 'node:fs/promises';
import { remoteKey, type KeyRing, type NewKey, type TokenAlgorithm } from '@causeway/accounts/key-ring';
import type { CommandContext } from '../commands/environment.js';
import { CliError } from '../errors.js';
import { operator } from '../operator.js';
import type { Terminal } from '../output/terminal.js';
import { describeRing, keySetDiffers, reportOf } from './describe.js';
import { openKeyRing } from './open.js';

const DAY_MS = 86_400_000;

export interface JsonOption {
  readonly json: boolean;
}
export interface RotateOptions extends JsonOption {
  readonly algorithm: TokenAlgorithm;
  readonly olderThan?: number;
  readonly publicKey?: string;
}

/** `causeway keys list`. @returns the exit code @throws {KeyRingError} {@link CliError} */
export async function list(
  { json }: JsonOption,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  const { ring, keySetFits } = await openKeyRing(context).read();
  const report = { ...reportOf(ring, Date.now()), keySetFits };
  if (json) return tell(context, report);
  describeRing(report).forEach((line) => terminal.line(line));
  if (!keySetFits) terminal.problem(keySetDiffers);
  return 0;
}

/** `causeway keys rotate`. @returns the exit code @throws {KeyRingError} {@link CliError} `public_key` */
export async function rotate(
  { json, algorithm, olderThan = 0, publicKey }: RotateOptions,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  const files = openKeyRing(context);
  const key = publicKey === undefined ? undefined : await readRemoteKey(publicKey);
  const ring = await files.rotate({
    algorithm: key?.algorithm ?? algorithm,
    olderThanMs: olderThan * DAY_MS,
    ...(key && { key }),
  });
  return changed('rotated', ring, json, context, terminal);
}

/** `causeway keys revoke`. @returns the exit code @throws {KeyRingError} `key_unknown` */
export async function revoke(
  kid: string,
  { json }: JsonOption,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  return changed('revoked', await openKeyRing(context).revoke(kid), json, context, terminal);
}

/** Says what the ring is now; an audit line goes to stderr. */
function changed(
  action: string,
  ring: KeyRing,
  json: boolean,
  context: CommandContext,
  terminal: Terminal,
): number {
  const at = new Date().toISOString();
  const report = reportOf(ring, Date.now());
  const keys = report.keys.map(({ kid, state }) => `${kid} ${state}`);
  context.stderr.write(`${JSON.stringify({ audit: 'key_ring', at, action, actor: operator(), keys })}\n`);
  if (json) return tell(context, report);
  describeRing(report).forEach((line) => terminal.line(line));
  return 0;
}

function tell({ stdout }: CommandContext, report: object): number {
  stdout.write(`${JSON.stringify({ ok: true, ...report })}\n`);
  return 0;
}

async function readRemoteKey(path: string): Promise<NewKey> {
  let jwk: unknown;
  try {
    jwk = JSON.parse(await readFile(path, 'utf8'));
  } catch {
    // The message of the parser may quote what should not have been in the file.
    throw new CliError('public_key', `${path} cannot be read as JSON`);
  }
  if (typeof jwk === 'object' && jwk !== null) return remoteKey(jwk as Record<string, unknown>);
  throw new CliError('public_key', `${path} holds no JWK`);
}

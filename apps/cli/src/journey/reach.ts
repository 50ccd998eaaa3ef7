import { CliError } from '../errors.js';

/** Fetches from a part of a running stack. @throws {CliError} `unreachable` when nothing answers there in time */
export async function reach(url: string, timeoutMs: number, init: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) });
  } catch (cause) {
    const { origin } = new URL(url);
    throw new CliError('unreachable', `nothing answers at ${origin}: is the stack running?`, { cause });
  }
}

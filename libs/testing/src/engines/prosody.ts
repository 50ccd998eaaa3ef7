import { GenericContainer, Wait } from 'testcontainers';
import { createTestAuthority } from './certificates.js';
import { freePort } from './embedded.js';
import { startContainer } from './start-container.js';

const domain = 'xmpp.example';
const folder = '/etc/causeway-prosody';
const maxOpenFiles = 20_000;

/** An XMPP server of one test file alone, which it may stop and start again. */
export interface Prosody {
  readonly host: string;
  readonly port: number;
  readonly domain: string;
  /** Of the authority that issued its certificate, PEM. */
  readonly ca: string;
  /** Stops it as an operator does and starts it again: the same address and certificate, and what it had stored. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface ProsodyOptions {
  /** Passwords by the localpart of their account. */
  readonly users: Readonly<Record<string, string>>;
}

/** The image in use; there is no public one to fall back to. */
export const prosodyImage = (): string | undefined => process.env['PROSODY_IMAGE'];

/**
 * Starts a Prosody that demands TLS and has SASL SCRAM, stream management, offline messages, blocking and removal of
 * accounts. Needs a Docker engine and `PROSODY_IMAGE`, an image in which `prosody` is installed.
 */
export async function startProsody({ users }: ProsodyOptions): Promise<Prosody> {
  const authority = createTestAuthority();
  const { certificate, key } = authority.issue(domain, { hosts: [domain] });
  const container = await startContainer(async () => {
    const port = await freePort();
    return new GenericContainer(prosodyImage() ?? '')
      .withExposedPorts({ container: 5222, host: port })
      .withCopyContentToContainer([
        { content: certificate, target: `${folder}/server.pem`, mode: 0o644 },
        { content: key, target: `${folder}/server.key`, mode: 0o644 },
        { content: settings, target: `${folder}/prosody.cfg.lua`, mode: 0o644 },
        ...Object.entries(users).map(([name, password]) => ({
          content: `return { ["password"] = ${JSON.stringify(password)} };\n`,
          target: `${folder}/accounts/${escaped(name)}.dat`,
          mode: 0o644,
        })),
      ])
      .withUlimits({ nofile: { soft: maxOpenFiles, hard: maxOpenFiles } })
      .withEntrypoint(['/bin/bash', '-c'])
      .withCommand([start])
      .withWaitStrategy(Wait.forLogMessage(/Activated service 'c2s'/));
  });
  return {
    host: container.getHost(),
    port: container.getMappedPort(5222),
    domain,
    ca: authority.ca,
    restart: () => container.restart({ timeout: 10_000 }),
    stop: async () => void (await container.stop()),
  };
}

/** As the server's storage writes names of files. */
const escaped = (name: string): string =>
  name.replaceAll(/[^A-Za-z0-9]/g, (sign) => `%${sign.charCodeAt(0).toString(16).padStart(2, '0')}`);

const settings = `
pidfile = "/run/prosody/prosody.pid"
data_path = "/var/lib/prosody"
modules_enabled = { "roster", "saslauth", "tls", "disco", "ping", "smacks", "offline", "blocklist", "register" }
modules_disabled = { "s2s" }
allow_registration = false
c2s_require_encryption = true
authentication = "internal_plain"
interfaces = { "*" }
log = { info = "*console" }
ssl = { certificate = "${folder}/server.pem", key = "${folder}/server.key" }
c2s_direct_tls_ports = { }
VirtualHost "${domain}"
`;

// Accounts are written once: what was changed since stays so when the server starts again.
const accounts = `/var/lib/prosody/${escaped(domain)}/accounts`;
const start = `
set -e
mkdir -p /run/prosody
if [ ! -d ${accounts} ]; then mkdir -p ${accounts}; cp ${folder}/accounts/*.dat ${accounts}/; fi
chown -R prosody /run/prosody /var/lib/prosody
exec setpriv --reuid=prosody --regid=prosody --init-groups prosody --config ${folder}/prosody.cfg.lua -F
`;

import { randomBytes } from 'node:crypto';
import { GenericContainer, Network, Wait, type StartedTestContainer } from 'testcontainers';
import { freePort } from './embedded.js';
import { startContainer } from './start-container.js';

const PEER_PORT = 9092;
const CONTROLLER_PORT = 9095;
const FOLDER = '/tmp/causeway-tls';
/** A virtual machine of Java that starts on a busy machine takes its time. */
const START_MS = 180_000;
const STOP_MS = 20_000;
/** For a broker of one test, which is gone before the optimising compiler of Java has paid for itself. */
export const quickStart = '-XX:TieredStopAtLevel=1';
/** SCRAM needs a login module at the broker; a file avoids the names of variables that hold dashes. */
const JAAS = 'KafkaServer { org.apache.kafka.common.security.scram.ScramLoginModule required; };';

/** What brokers prove themselves with, and whom they believe; PEM. */
export interface BrokerCertificates {
  readonly ca: string;
  readonly certificate: string;
  /** PKCS#8. */
  readonly key: string;
}

export interface BrokerOptions {
  /** Brokers of the cluster, each a controller too; 1 by default. */
  readonly count?: number;
  /** Host port of the first broker's clear-text listener, for tests that know it before the broker is there. */
  readonly port?: number;
  /** TLS on two listeners more: one asks for SCRAM, the other for a client certificate. */
  readonly certificates?: BrokerCertificates;
  /** Memory of each broker, MiB; 256 by default. */
  readonly heapMb?: number;
  /** Serves a whole run, and is worth the optimising compiler. */
  readonly lasting?: boolean;
  /** Further settings of each broker, as the image takes them (`KAFKA_…`). */
  readonly environment?: Readonly<Record<string, string>>;
}

/** One broker of a test; its addresses stay the same when it starts again. */
export interface TestBroker {
  /** `host:port` in clear text. */
  readonly address: string;
  /** `host:port` with TLS: for SCRAM, and for client certificates. Present with certificates. */
  readonly scram?: string;
  readonly mutual?: string;
  /** Stops the broker as an operator would, and starts it again with its data. */
  restart(): Promise<void>;
  /** Runs a program of Kafka in the container, e.g. `kafka-configs`. @returns its output; throws when it fails */
  run(program: KafkaProgram, args: readonly string[]): Promise<string>;
}

/** Programs of Kafka, and the classes by which images without the scripts start them. */
const programs = {
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-acls': 'kafka.admin.AclCommand',
} as const;

export type KafkaProgram = keyof typeof programs;

export interface TestBrokers {
  readonly brokers: readonly TestBroker[];
  stop(): Promise<void>;
}

interface Ports {
  readonly client: number;
  readonly scram: number;
  readonly mutual: number;
}

/**
 * Starts a Kafka cluster of a test's own, in KRaft mode, on host ports that it keeps when a broker starts again. Needs
 * a Docker engine; the image is that of KAFKA_IMAGE.
 */
export async function startKafkaBrokers(options: BrokerOptions = {}): Promise<TestBrokers> {
  const { count = 1 } = options;
  const network = count > 1 ? await new Network().start() : undefined;
  const prefix = `kafka-${randomBytes(4).toString('hex')}`;
  // One that begins with a dash would be read as an option.
  const clusterId = randomBytes(16).toString('base64url').replace(/^-/, 'A');
  const names = Array.from({ length: count }, (_, index) =>
    count > 1 ? `${prefix}-${index + 1}` : 'localhost',
  );
  const settled = await Promise.allSettled(
    names.map(async (name, index) => {
      let ports: Ports = { client: 0, scram: 0, mutual: 0 };
      const container = await startContainer(async () => {
        ports = await choosePorts(index === 0 ? options.port : undefined);
        const described = describeContainer(names, index, ports, options).withEnvironment({
          CLUSTER_ID: clusterId,
          ...options.environment,
        });
        return network === undefined ? described : described.withNetwork(network).withNetworkAliases(name);
      });
      return broker(container, ports, options);
    }),
  );
  const started = settled.filter((one) => one.status === 'fulfilled').map(({ value }) => value);
  const stop = async (): Promise<void> => {
    await Promise.allSettled(started.map(({ container }) => container.stop()));
    await network?.stop();
  };
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  return { brokers: started.map(({ api }) => api), stop };
}

async function choosePorts(client?: number): Promise<Ports> {
  return { client: client ?? (await freePort()), scram: await freePort(), mutual: await freePort() };
}

function describeContainer(
  names: readonly string[],
  index: number,
  ports: Ports,
  { certificates, heapMb = 256, lasting = false }: BrokerOptions,
): GenericContainer {
  const image = process.env['KAFKA_IMAGE'] ?? 'confluentinc/cp-kafka:8.1.0';
  const replicas = String(Math.min(3, names.length));
  const listeners = [
    { name: 'CLIENT', port: ports.client, host: '127.0.0.1', protocol: 'PLAINTEXT' },
    { name: 'PEER', port: PEER_PORT, host: names[index], protocol: 'PLAINTEXT' },
    ...(certificates === undefined
      ? []
      : [
          { name: 'SCRAM', port: ports.scram, host: '127.0.0.1', protocol: 'SASL_SSL' },
          { name: 'MUTUAL', port: ports.mutual, host: '127.0.0.1', protocol: 'SSL' },
        ]),
  ];
  const container = new GenericContainer(image)
    .withEnvironment({
      KAFKA_NODE_ID: String(index + 1),
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_LISTENERS: [...listeners, { name: 'CONTROLLER', port: CONTROLLER_PORT }]
        .map(({ name, port }) => `${name}://0.0.0.0:${port}`)
        .join(),
      KAFKA_ADVERTISED_LISTENERS: listeners.map(({ name, port, host }) => `${name}://${host}:${port}`).join(),
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: [...listeners, { name: 'CONTROLLER', protocol: 'PLAINTEXT' }]
        .map(({ name, protocol }) => `${name}:${protocol}`)
        .join(),
      KAFKA_INTER_BROKER_LISTENER_NAME: 'PEER',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_CONTROLLER_QUORUM_VOTERS: names
        .map((name, voter) => `${voter + 1}@${name}:${CONTROLLER_PORT}`)
        .join(),
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: replicas,
      KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '3',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: replicas,
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      ...(certificates !== undefined && tlsSettings),
      KAFKA_HEAP_OPTS: [
        `-Xms256m -Xmx${heapMb}m`,
        ...(lasting ? [] : [quickStart]),
        ...(certificates === undefined ? [] : [`-Djava.security.auth.login.config=${FOLDER}/jaas.conf`]),
      ].join(' '),
    })
    .withExposedPorts(
      ...[ports.client, ...(certificates === undefined ? [] : [ports.scram, ports.mutual])].map((port) => ({
        container: port,
        host: port,
      })),
    )
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(START_MS);
  if (certificates === undefined) return container;
  const { ca, certificate, key } = certificates;
  const files = { 'ca.pem': ca, 'broker.pem': `${key}\n${certificate}`, 'jaas.conf': JAAS };
  return container.withCopyContentToContainer(
    Object.entries(files).map(([name, content]) => ({ content, target: `${FOLDER}/${name}`, mode: 0o644 })),
  );
}

const tlsSettings: Readonly<Record<string, string>> = {
  KAFKA_SSL_KEYSTORE_TYPE: 'PEM',
  KAFKA_SSL_KEYSTORE_LOCATION: `${FOLDER}/broker.pem`,
  KAFKA_SSL_TRUSTSTORE_TYPE: 'PEM',
  KAFKA_SSL_TRUSTSTORE_LOCATION: `${FOLDER}/ca.pem`,
  KAFKA_LISTENER_NAME_MUTUAL_SSL_CLIENT_AUTH: 'required',
  KAFKA_SASL_ENABLED_MECHANISMS: 'SCRAM-SHA-512,SCRAM-SHA-256',
};

function broker(
  container: StartedTestContainer,
  ports: Ports,
  { certificates }: BrokerOptions,
): { readonly container: StartedTestContainer; readonly api: TestBroker } {
  const api: TestBroker = {
    address: `127.0.0.1:${ports.client}`,
    ...(certificates !== undefined && {
      scram: `127.0.0.1:${ports.scram}`,
      mutual: `127.0.0.1:${ports.mutual}`,
    }),
    restart: () => container.restart({ timeout: STOP_MS }),
    async run(program, args) {
      const script = `if command -v ${program} >/dev/null; then exec ${program} "$@"; else exec java -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp '/opt/kafka/libs/*' ${programs[program]} "$@"; fi`;
      const bootstrap = ['--bootstrap-server', `127.0.0.1:${PEER_PORT}`];
      const { exitCode, output } = await container.exec(['sh', '-c', script, program, ...bootstrap, ...args]);
      if (exitCode !== 0) throw new Error(`${program} failed: ${output}`);
      return output;
    },
  };
  return { container, api };
}

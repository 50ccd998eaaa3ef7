import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { Kafka, logLevel, type KafkaConfig, type SASLOptions } from 'kafkajs';
import type { Logger } from '@causeway/telemetry';
import { installKafkajsGuards } from './kafkajs-guards.js';
import { installKafkajsCodecs } from './wire/install-codecs.js';

/** Makes clients for one cluster. */
export interface KafkaClients {
  /** A client of its own: kafkajs shares a cache of committed offsets between all consumers of one client. */
  create(): Kafka;
  readonly clientId: string;
}

/** How a client trusts the brokers and proves who it is; PEM texts, read for each new connection. */
export interface KafkaCredentials {
  /** Authorities that sign the brokers' certificates, instead of those that Node brings. */
  readonly ca?: string | undefined;
  /** Certificate of the client with its chain, and its private key. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  readonly sasl?: {
    readonly mechanism: 'scram-sha-512' | 'scram-sha-256' | 'plain';
    readonly username: string;
    readonly password: string;
  };
}

/** Everything about a cluster that its clients need. */
export interface KafkaCluster {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  readonly tls: boolean;
  readonly credentials: KafkaCredentials;
  /** What the client calls itself at the broker. */
  readonly clientId: string;
  readonly logger: Logger;
}

const keepAliveMs = 60_000;

/** Nothing connects before it is used. Retries are short, because whoever uses a client tries again itself. */
export function kafkaClients(cluster: KafkaCluster): KafkaClients {
  installKafkajsGuards();
  installKafkajsCodecs();
  return { create: () => new Kafka(clientConfig(cluster)), clientId: cluster.clientId };
}

function clientConfig({ brokers, tls, credentials, clientId, logger }: KafkaCluster): KafkaConfig {
  return {
    clientId,
    brokers: [...brokers],
    connectionTimeout: 3_000,
    authenticationTimeout: 5_000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, multiplier: 2, factor: 0.2, retries: 4 },
    ...(tls && { ssl: true }),
    ...(credentials.sasl !== undefined && { sasl: { ...credentials.sasl } as SASLOptions }),
    socketFactory: ({ host, port, onConnect }) =>
      openSocket(host, port, tls ? tlsOptions(credentials) : undefined, onConnect),
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ level, namespace, log }) => {
        const method = level === logLevel.ERROR ? 'warn' : 'debug';
        logger[method]({ source: namespace, detail: log.message }, 'kafka client');
      },
  };
}

function tlsOptions({ ca, certificate, key }: KafkaCredentials): ConnectionOptions {
  return {
    minVersion: 'TLSv1.2',
    ...(ca !== undefined && { ca }),
    ...(certificate !== undefined && { cert: certificate }),
    ...(key !== undefined && { key }),
  };
}

/** Without `noDelay` Nagle's algorithm and delayed acknowledgements add up to 40 ms to a request. */
function openSocket(
  host: string,
  port: number,
  tls: ConnectionOptions | undefined,
  onConnect: () => void,
): Socket {
  if (tls === undefined) {
    return connectTcp({ host, port, noDelay: true }, onConnect).setKeepAlive(true, keepAliveMs);
  }
  const name = isIP(host) === 0 ? { servername: host } : {};
  const socket = connectTls({ host, port, ...name, ...tls }, onConnect);
  return socket.setNoDelay(true).setKeepAlive(true, keepAliveMs);
}

/** The protocol's name of what went wrong, found through kafkajs' wrappers. */
export function protocolErrorType(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; typeof at === 'object' && at !== null && depth < 5; depth++) {
    const type: unknown = Reflect.get(at, 'type');
    if (typeof type === 'string') return type;
    at = Reflect.get(at, 'cause') ?? Reflect.get(at, 'originalError');
  }
  return undefined;
}

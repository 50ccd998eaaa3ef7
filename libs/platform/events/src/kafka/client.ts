import { connect } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import type { Logger } from '@causeway/telemetry';
import { installKafkajsGuards } from './kafkajs-guards.js';

/** Makes clients for one cluster. */
export interface KafkaClients {
  /** A client of its own: kafkajs shares a cache of committed offsets between all consumers of one client. */
  create(): Kafka;
  readonly clientId: string;
}

const keepAliveMs = 60_000;

/** Nothing connects before it is used. Retries are short, because whoever uses a client tries again itself. */
export function kafkaClients(brokers: readonly string[], clientId: string, logger: Logger): KafkaClients {
  installKafkajsGuards();
  const create = (): Kafka =>
    new Kafka({
      clientId,
      brokers: [...brokers],
      connectionTimeout: 3_000,
      requestTimeout: 10_000,
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, multiplier: 2, factor: 0.2, retries: 4 },
      socketFactory: ({ host, port, onConnect }) => {
        // Without it Nagle's algorithm and delayed acknowledgements add up to 40 ms to a request.
        return connect({ host, port, noDelay: true }, onConnect).setKeepAlive(true, keepAliveMs);
      },
      logLevel: logLevel.WARN,
      logCreator:
        () =>
        ({ level, namespace, log }) => {
          const method = level === logLevel.ERROR ? 'warn' : 'debug';
          logger[method]({ source: namespace, detail: log.message }, 'kafka client');
        },
    });
  return { create, clientId };
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

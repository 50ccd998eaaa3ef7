import { image } from '../../engines/containers.js';
import { quickStart } from '../../engines/kafka-brokers.js';
import { askByTcp } from './ask-by-tcp.js';
import { startOwnContainer, type ContainerDefinition, type OwnContainer } from './own-container.js';

/** ApiVersions (key 18), version 0, correlation 1, no client id: the first request that a broker answers. */
const apiVersions = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]);

/** Ports inside the container. */
const [clients, controller, inside] = [9093, 9094, 9092];

/**
 * A broker of one's own.
 * @param advertisedPort the port that it tells clients to come to; with a proxy in front, the proxy's, else they would
 *   go past it after the first request
 */
export async function ownKafka(options: { readonly advertisedPort?: number } = {}): Promise<OwnContainer> {
  return startOwnContainer(defineKafka(options.advertisedPort));
}

export function defineKafka(advertisedPort?: number): ContainerDefinition {
  return {
    image: image('KAFKA_IMAGE', 'confluentinc/cp-kafka:8.1.0'),
    port: clients,
    urlOf: ({ host, port }) => `${host}:${port}`,
    probe: async (address) => void (await askByTcp(address, apiVersions)),
    configure: (container, port) =>
      container.withEnvironment({
        CLUSTER_ID: '4L6g3nShT-eMCtK--X86sw',
        KAFKA_NODE_ID: '1',
        KAFKA_PROCESS_ROLES: 'broker,controller',
        KAFKA_CONTROLLER_QUORUM_VOTERS: `1@localhost:${controller}`,
        KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
        KAFKA_LISTENERS: `PLAINTEXT://0.0.0.0:${clients},BROKER://0.0.0.0:${inside},CONTROLLER://0.0.0.0:${controller}`,
        KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${advertisedPort ?? port},BROKER://localhost:${inside}`,
        KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'BROKER:PLAINTEXT,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
        KAFKA_INTER_BROKER_LISTENER_NAME: 'BROKER',
        KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
        KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '1',
        KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
        KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
        // After a kill the broker is let in again only when its former session is over.
        KAFKA_BROKER_SESSION_TIMEOUT_MS: '3000',
        KAFKA_BROKER_HEARTBEAT_INTERVAL_MS: '500',
        KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
        KAFKA_HEAP_OPTS: `-Xms256m -Xmx256m ${quickStart}`,
      }),
  };
}

import { PostgreSqlContainer } from '@testcontainers/postgresql';
import { RedisContainer } from '@testcontainers/redis';
import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers';
import { createTestAuthority } from './certificates.js';
import type { EngineAddresses, EngineName } from './engines.js';
import { startKafkaBrokers } from './kafka-brokers.js';

/** An engine that runs, and how to end it. */
export interface Started<Address> {
  readonly address: Address;
  readonly ranOn: string;
  stop(): Promise<void>;
}

type Starters = { readonly [Name in EngineName]: () => Promise<Started<EngineAddresses[Name]>> };

export const image = (variable: string, fallback: string): string => process.env[variable] ?? fallback;

/** True when a Docker engine answers; without one the probe fails within milliseconds. */
export async function dockerAnswers(): Promise<boolean> {
  try {
    await getContainerRuntimeClient();
    return true;
  } catch {
    return false;
  }
}

const DAY_MS = 86_400_000;

/** By TCP: an image that initialises itself listens on its Unix socket alone while it does. */
const isReady = 'pg_isready --quiet --host 127.0.0.1';

async function postgres(): Promise<Started<string>> {
  const name = image('POSTGRES_IMAGE', 'postgres:17');
  // A throw-away server: nothing here outlives the run, so nothing waits for the disk.
  const command = ['postgres', '-c', 'fsync=off', '-c', 'max_connections=300'];
  const container = await new PostgreSqlContainer(name)
    .withCommand(command)
    // The module's own check of health starts a process in the container four times a second, as long as it runs.
    .withHealthCheck({ test: ['CMD-SHELL', isReady], interval: DAY_MS })
    .withWaitStrategy(Wait.forAll([Wait.forSuccessfulCommand(isReady), Wait.forListeningPorts()]))
    .start();
  return started(container.getConnectionUri(), name, container);
}

async function redis(): Promise<Started<string>> {
  const name = image('REDIS_IMAGE', 'redis:8');
  const container = await new RedisContainer(name).start();
  return started(container.getConnectionUrl(), name, container);
}

async function kafka(): Promise<Started<EngineAddresses['kafka']>> {
  const authority = createTestAuthority();
  const { brokers, stop } = await startKafkaBrokers({
    certificates: { ca: authority.ca, ...authority.issue('broker') },
    heapMb: 1_024,
    lasting: true,
    environment: {
      KAFKA_AUTHORIZER_CLASS_NAME: 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      KAFKA_SUPER_USERS: 'User:ANONYMOUS',
    },
  });
  const [broker] = brokers;
  const address = {
    brokers: broker?.address ?? '',
    mutual: broker?.mutual ?? '',
    authorityKey: authority.key,
  };
  return started(address, image('KAFKA_IMAGE', 'confluentinc/cp-kafka:8.1.0'), { stop });
}

async function s3(): Promise<Started<EngineAddresses['s3']>> {
  const name = image('S3_IMAGE', 'versity/versitygw');
  const [accessKey, secretKey] = ['test', 'testtest'];
  const container = await new GenericContainer(name)
    .withEnvironment({ ROOT_ACCESS_KEY: accessKey, ROOT_SECRET_KEY: secretKey })
    .withEntrypoint(['/bin/sh', '-c'])
    .withCommand(['mkdir -p /data && exec versitygw --port :7070 posix /data'])
    .withExposedPorts(7070)
    .start();
  const endpoint = `http://${container.getHost()}:${container.getMappedPort(7070)}`;
  return started({ endpoint, accessKey, secretKey, region: 'us-east-1' }, name, container);
}

function started<Address>(
  address: Address,
  name: string,
  container: { stop(): Promise<unknown> },
): Started<Address> {
  return {
    address,
    ranOn: `container ${name}`,
    async stop() {
      await container.stop();
    },
  };
}

/** Starts each engine in a container; image names from the environment, the usual public ones by default. */
export const containers: Starters = { postgres, redis, kafka, s3 };

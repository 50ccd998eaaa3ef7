import type { ConnectionOptions } from 'node:tls';
import { limits } from '@causeway/limits';
import { Cluster, Redis } from 'ioredis';

/** A client of one server, or of a cluster; both take the same commands. */
export type RedisClient = Redis | Cluster;

const ADDRESS = /^rediss?(\+cluster)?:\/\/./;
const CLUSTER = /^rediss?\+cluster:/;

/** @returns whether the address is that of a cluster */
export const isClusterAddress = (url: string): boolean => CLUSTER.test(url);

/**
 * @returns whether the text is an address that `createRedisClient` takes. Of parameters there is but `node`: the
 * client would take others for options of its own, which come before ours
 */
export function isRedisAddress(url: string): boolean {
  if (!ADDRESS.test(url) || !URL.canParse(url)) return false;
  const { hostname, searchParams } = new URL(url);
  const known = (name: string): boolean => name === 'node' && isClusterAddress(url);
  return hostname !== '' && [...searchParams.keys()].every(known);
}

const retryMs = (attempt: number): number => Math.min(50 * 2 ** Math.min(attempt, 6), 2_000);

/**
 * A call is sent at once or not at all, and never twice: one that its caller has given up must not be carried out
 * later. In a cluster a redirected call was not carried out by whoever redirected it.
 */
const once = { enableOfflineQueue: false, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 };

/** How the server is trusted and what we show of ourselves, PEM. */
export interface RedisTls {
  /** Authorities of the server's certificate; those of the system by default. */
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

/** The client copies the object when it connects, and with it what the getters say then. */
function tlsOptions(tls: RedisTls): ConnectionOptions {
  return {
    minVersion: 'TLSv1.2',
    get ca() {
      return tls.ca;
    },
    get cert() {
      return tls.certificate;
    },
    get key() {
      return tls.key;
    },
  };
}

/** A server that was the primary until now: the address may lead to its successor already. Nothing was carried out. */
export const isNoPrimary = (error: Error): boolean => error.message.startsWith('READONLY');

/** A dead peer shows after so long and ten seconds more, also to whoever only listens. */
const KEEP_ALIVE_MS = 10_000;

/**
 * Begins to connect.
 * @param url `redis://…` or `rediss://…`; with `redis+cluster://` or `rediss+cluster://` the nodes of a cluster are
 * found through that one, or others that `?node=HOST:PORT` names
 * @param tls with `rediss`; read for each new connection
 */
export function createRedisClient(url: string, connectionName: string, tls: RedisTls = {}): RedisClient {
  const command = {
    connectionName,
    connectTimeout: limits.coordinationCommandMs.value,
    commandTimeout: limits.coordinationCommandMs.value,
    // Few calls would open no circuit for long: a connection on which nothing comes back is given up by itself.
    socketTimeout: 2 * limits.coordinationCommandMs.value,
    keepAlive: KEEP_ALIVE_MS,
    reconnectOnError: isNoPrimary,
  };
  const { protocol, hostname, port, username, password, searchParams } = new URL(url);
  const encrypted = protocol.startsWith('rediss') && { tls: tlsOptions(tls) };
  if (!isClusterAddress(url)) {
    return new Redis(url, { ...command, ...once, retryStrategy: retryMs, ...encrypted });
  }
  const { autoResendUnfulfilledCommands, maxRetriesPerRequest } = once;
  const nodes = [`${hostname}:${port || '6379'}`, ...searchParams.getAll('node')];
  return new Cluster(
    nodes.map((node) => `redis://${node}`),
    {
      enableOfflineQueue: false,
      clusterRetryStrategy: retryMs,
      // Zero: what was under way when its node was lost may have been carried out.
      retryDelayOnFailover: 0,
      maxRedirections: 5,
      redisOptions: {
        ...command,
        autoResendUnfulfilledCommands,
        maxRetriesPerRequest,
        ...(username !== '' && { username: decodeURIComponent(username) }),
        ...(password !== '' && { password: decodeURIComponent(password) }),
        ...encrypted,
      },
    },
  );
}
